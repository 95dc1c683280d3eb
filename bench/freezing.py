"""`python -m bench.freezing`: how soon a freeze stops a batch that is under way.

A real gateway seals 10,000 documents over HTTP, and when a quarter has come back an officer freezes
it. Counted is from the moment at which the officer begins to sign until the last sealed document
reaches its caller, in a process that has all callers to serve as well.
"""

import asyncio
import secrets
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rich.console import Console
from sqlalchemy import select

from bench.errors import BenchError
from bench.installation import Installation, temporary_installation
from bench.officers import name_officers
from bench.rows import ROWS
from gateway.audit.record import read_leaf
from gateway.cli.options import CLIENT_KEY_ID
from gateway.client import GatewayClient, GatewayRefusedError, RequestSigner, Submission
from gateway.clock import SystemClock
from gateway.config import load_config
from gateway.freezes.file_names import FOLDER, FREEZE
from gateway.freezes.model import FREEZE_TYPE, FreezeClaims, Scope
from gateway.statements import LocalSigner, compact
from gateway.store.engines.database import open_reader
from gateway.store.schema import audit_leaf

_DOCUMENTS: Final = 10_000
_AT_ONCE: Final = 256
_PARENT: Final = Path(__file__).parent.parent / "var"

Way = Literal["over HTTP", "by file"]


class FreezeFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What a freeze in the middle came to.

    Attributes:
        way: how it reached the gateway.
        documents: of the batch.
        sealed: how many came back.
        stopped: how many were refused.
        in_force_s: until the gateway answered; by file, until a caller was refused.
        last_sealed_s: until the last sealed document reached its caller.
    """

    way: Way
    documents: int
    sealed: int
    stopped: int
    in_force_s: float
    last_sealed_s: float


@dataclass(slots=True)
class _Batch:
    """What happens to it."""

    sealed: int = 0
    last_sealed: float = 0.0
    stopped: int = 0
    a_quarter: asyncio.Event = field(default_factory=asyncio.Event)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)


def measure_freezing(way: Way, *, documents: int = _DOCUMENTS) -> FreezeFigures:
    """Seal, freeze in the middle, and look into the log.

    Raises:
        BenchError: the log has an intent or a sealed outcome after the freeze, or it came too late
            to stop anything.
    """
    officer = LocalSigner("officer", Ed25519PrivateKey.generate())
    with temporary_installation(_PARENT) as installation:
        second = LocalSigner("second", Ed25519PrivateKey.generate())
        name_officers(installation.trial, {"first-officer": officer, "second-officer": second})
        with installation.serve():
            figures = asyncio.run(_freeze_a_batch(installation, officer, way, documents))
        if not figures.stopped:
            raise BenchError("the batch was over before it was frozen: take more documents")
        _check_the_log(installation)
    return figures


def told(figures: FreezeFigures) -> str:
    """The figures in a line."""
    return (
        f"A freeze {figures.way} in the middle of {figures.documents:,} documents, {_AT_ONCE} at "
        f"once: in force after {figures.in_force_s:.2f} s, the last sealed document came "
        f"{figures.last_sealed_s:.2f} s after the officer began to sign; {figures.sealed:,} were "
        f"sealed and {figures.stopped:,} stopped, nothing intended or released after it in the log"
    )


async def _freeze_a_batch(
    installation: Installation, officer: LocalSigner, way: Way, documents: int
) -> FreezeFigures:
    url = f"http://127.0.0.1:{installation.port}"
    caller = RequestSigner.from_file(
        installation.trial.client_key, key_id=CLIENT_KEY_ID, clock=SystemClock()
    )
    batch, document = _Batch(), ROWS[0].document()
    places = asyncio.Semaphore(_AT_ONCE)

    async def one(client: GatewayClient, number: int) -> None:
        async with places:
            try:
                await client.seal(_submission(document, number))
            except GatewayRefusedError as refused:
                if refused.problem["type"] != "urn:sealgate:problem:frozen":
                    raise
                batch.stopped += 1
                batch.stopping.set()
                return
        batch.sealed += 1
        batch.last_sealed = time.monotonic()
        if batch.sealed == documents // 4:
            batch.a_quarter.set()

    async with GatewayClient(url, caller) as client, asyncio.TaskGroup() as callers:
        freezing = callers.create_task(_freeze(installation, officer, way, batch))
        for number in range(documents):
            callers.create_task(one(client, number))
    began, in_force = freezing.result()
    return FreezeFigures(
        way=way,
        documents=documents,
        sealed=batch.sealed,
        stopped=batch.stopped,
        in_force_s=round(in_force - began, 3),
        last_sealed_s=round(batch.last_sealed - began, 3),
    )


async def _freeze(
    installation: Installation, officer: LocalSigner, way: Way, batch: _Batch
) -> tuple[float, float]:
    """When the officer began to sign, and when it was in force."""
    await batch.a_quarter.wait()
    began = time.monotonic()
    claims = FreezeClaims(
        v=1,
        log=load_config(installation.config_file).audit.origin,
        freeze=str(uuid.uuid4()),
        scope=Scope(kind="gateway"),
        reason="the benchmark",
        at=SystemClock().now(),
        salt=secrets.token_hex(16),
    )
    statement = compact(claims, typ=FREEZE_TYPE, signer=officer)
    if way == "by file":
        folder = installation.trial.policies / FOLDER
        folder.mkdir()
        (folder / f"{claims.freeze}{FREEZE}").write_text(statement, encoding="ascii")
        await batch.stopping.wait()
        return began, time.monotonic()
    url = f"http://127.0.0.1:{installation.port}"
    signer = RequestSigner(key_id=officer.key_id, key=officer.key, clock=SystemClock())
    async with GatewayClient(url, signer) as client:
        await client.post_json("/v1/freezes", {"statements": [statement]})
    return began, time.monotonic()


def _submission(document: bytes, number: int) -> Submission:
    return Submission(
        document=document,
        seal=ROWS[0].seal,
        document_type="logistics-receipt",
        business_number=f"BENCH-{number:08}",
        attributes={"amount_cents": 128_000},
        idempotency_key=secrets.token_hex(16),
    )


def _check_the_log(installation: Installation) -> None:
    """Raise `BenchError` if anything was intended or released after the freeze."""
    engine = open_reader(load_config(installation.config_file).database)
    with engine.connect() as connection:
        leaves = connection.execute(select(audit_leaf.c.leaf).order_by(audit_leaf.c.index))
        records = [read_leaf(leaf) for (leaf,) in leaves]
    engine.dispose()
    kinds = [str(each.get("result", each["kind"])) for each in records]
    after = set(kinds[kinds.index("freeze") :])
    if after & {"intent", "sealed"}:
        raise BenchError(f"after the freeze the log has {', '.join(sorted(after))}")


if __name__ == "__main__":
    for each in ("over HTTP", "by file"):
        Console(highlight=False).print(told(measure_freezing(each)), soft_wrap=True)
