"""Tokens behind the shim."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hsm_fixtures import MODULE, SoftToken, soft_token, soft_token_original
from tests.hsm_shim.shim import HSMShim
from tests.signer_fixtures import Source

__all__ = ["soft_token", "soft_token_original"]


@pytest.fixture
def shim(tmp_path: Path) -> HSMShim:
    return HSMShim(tmp_path / "shim", module=MODULE)


@pytest.fixture
def shimmed(soft_token: SoftToken, shim: HSMShim) -> Iterator[Source]:
    """Starts signers that have the shim for their module, and no pauses between reloads."""
    config = soft_token.reconfigured(
        module=shim.module,
        environment={**soft_token.config.environment, **shim.environment},
        reload_seconds=0,
    )
    source = Source(config)
    yield source
    source.own.stop()
