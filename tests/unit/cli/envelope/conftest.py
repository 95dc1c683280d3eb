"""The gateway of these tests runs beside the commands, in one process."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from cryptography.hazmat.primitives.serialization import Encoding

from tests.envelope_parties import PAPER, Envelope, terms_of
from tests.transcript_court import ROOT, Court


@pytest.fixture(autouse=True)
def log_apart() -> Iterator[None]:
    """The gateway's log is not what the commands print."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    yield
    structlog.reset_defaults()


@pytest.fixture
def court(tmp_path: Path) -> Court:
    made = Envelope(terms_of()).send()
    roots = tmp_path / "roots.pem"
    roots.write_bytes(ROOT.certificate.public_bytes(Encoding.PEM))
    (tmp_path / "合同.pdf").write_bytes(PAPER)
    at = Court(tmp_path, made, tmp_path / "a.transcript.json", roots)
    at.write()
    return at
