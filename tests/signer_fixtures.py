"""Real signer processes for tests, with what the tests need to know and do from outside."""

import asyncio
import base64
import contextlib
import hashlib
import os
import secrets
import signal
import socket
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from gateway.wiring.machine.launching import start_signer
from hsm.client import SignerClient
from hsm.config import HSMConfig, RestartConfig
from hsm.errors import SignerUnavailableError
from hsm.interfaces import KeyDescription, Signer
from policies.grant import Grant
from processes.keeper import OwnSigner
from tests.contracts.test_key_store import MECHANISMS, digest
from tests.hsm_fixtures import SoftToken

ORIGIN = "log.example/audit"


@dataclass
class Source:
    """Starts signers as `sealgate hsm test` does, counts them, and can be told to fail."""

    config: HSMConfig
    pin: str | None = None
    starts: int = 0
    failures: list[Exception] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.own = OwnSigner(lambda: start_signer(self.config, self.pin))

    async def start_anew(self) -> socket.socket:
        self.starts += 1
        if self.failures:
            raise self.failures.pop(0)
        return await self.own.start_anew()

    @property
    def pid(self) -> int:
        assert self.own.child is not None
        return self.own.child.process.pid

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)


class Pauses:
    """Stands in for sleep: notes how long, and does not wait."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@contextlib.asynccontextmanager
async def running(
    source: Any,  # noqa: ANN401 - any SignerSource
    *,
    deadline_seconds: float = 30.0,
    start_deadline_seconds: float = 30.0,
    pauses: Pauses | None = None,
) -> AsyncIterator[SignerClient]:
    client = SignerClient(
        source,
        deadline_seconds=deadline_seconds,
        start_deadline_seconds=start_deadline_seconds,
        restart=RestartConfig(first_seconds=1.0, longest_seconds=30.0),
        sleep=pauses or Pauses(),
    )
    async with client:
        yield client


@pytest.fixture
def source(soft_token: SoftToken) -> Iterator[Source]:
    """One that a test may kill."""
    source = Source(soft_token.config)
    yield source
    source.own.stop()


def new_grant(epoch: bytes, message: bytes = b"a receipt", **changes: Any) -> Grant:  # noqa: ANN401 - fields of a grant
    """A grant that would be redeemed, with changes."""
    key = changes.get("key", "p256")
    ordinary: dict[str, Any] = {
        "number": secrets.token_bytes(16),
        "epoch": epoch,
        "seal": "receipt-east",
        "key": key,
        "mechanism": MECHANISMS.get(key, ""),
        "digest": digest(key, message),
        "decision": bytes(32),
        "bundle": f"sha256:{'0' * 64}",
        "audit_index": 1,
        "expires_at": time.time() + 30,  # noqa: TID251 - the signer asks the same clock
    }
    return Grant(**{**ordinary, **changes})


def grant(signer: Signer, message: bytes = b"a receipt", **changes: Any) -> Grant:  # noqa: ANN401 - fields of a grant
    """A grant for the signer's present run, with changes."""
    return new_grant(changes.pop("epoch", signer.epoch), message, **changes)


def description(signer: Signer, key: str) -> KeyDescription:
    (found,) = (each for each in signer.keys if each.id == key)
    return found


def checkpoint(size: int, root: bytes = b"", origin: str = ORIGIN) -> bytes:
    encoded = base64.b64encode(hashlib.sha256(b"%d" % size + root).digest()).decode()
    return f"{origin}\n{size}\n{encoded}\n".encode()


async def restarted(client: SignerClient, *, after: bytes) -> None:
    """Wait for a signer with another epoch than that."""
    while True:
        await client.ready()
        with contextlib.suppress(SignerUnavailableError):
            if client.epoch != after:
                return
        await asyncio.sleep(0)
