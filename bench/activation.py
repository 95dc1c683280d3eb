"""`python -m bench.activation`: a large group's bundle file into force, beside an event loop.

Not a whole gateway: the real `BundlePolicies` with its real lane, store and audit log, in an event
loop that does nothing else but to look at the clock every millisecond. What holds this loop would
hold every caller.
"""

import asyncio
import tempfile
import time
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rich.console import Console

from bench.bundle_of_the_group import SignedGroup, signed_group
from bench.errors import BenchError
from gateway.audit.checkpoint import LogKey
from gateway.audit.log import AuditLog
from gateway.bundles.copies import BundleCopies
from gateway.clock import SystemClock
from gateway.seals.bundle_source import BundleSource
from gateway.seals.last_good import SUFFIX, LastGood
from gateway.seals.letting_go import Outgoing
from gateway.store.engines.database import open_writer
from gateway.store.engines.lane import WriterLane
from gateway.store.files.content import ContentStore
from gateway.store.migrating import migrate
from gateway.wiring.policies.bundles import BundlePolicies

_COMPANIES: Final = 1_000
_SEALS: Final = 5_000
_RULES: Final = 20_000
_TICK_SECONDS: Final = 0.001


class ActivationFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What it takes to bring a bundle into force.

    Attributes:
        seals: of the group, with a certificate each.
        rules: of all its policies.
        file_bytes: of the bundle file.
        load_s: from the file on disk until it could decide: signatures, objects, checks,
            certificates, conditions compiled. The first bundle of a gateway.
        load_cpu_s: CPU time of that.
        activation_s: the same for the next bundle, with its copy, record and row.
        activation_cpu_s: CPU time of that.
        pause_ms: the longest time that the event loop was late meanwhile.
        pause_own_ms: of that, what this process itself can have taken: its CPU time in the same
            stretch. The rest was other programs'.
        idle_ms: the longest time that the loop was late in as long a time without a bundle.
    """

    seals: int
    rules: int
    file_bytes: int
    load_s: float
    load_cpu_s: float
    activation_s: float
    activation_cpu_s: float
    pause_ms: float
    pause_own_ms: float
    idle_ms: float


@dataclass(slots=True)
class _Ticker:
    """Looks at the clock every millisecond, and remembers how late it ever was, in seconds."""

    late: float = 0.0
    own: float = 0.0

    async def during(self, work: Coroutine[Any, Any, None]) -> None:
        """Watch while that is done."""
        ticking = asyncio.create_task(self._run())
        await work
        ticking.cancel()

    async def _run(self) -> None:
        while True:
            began, cpu = time.perf_counter(), time.process_time()
            await asyncio.sleep(_TICK_SECONDS)
            late = time.perf_counter() - began - _TICK_SECONDS
            self.late = max(self.late, late)
            self.own = max(self.own, min(late, time.process_time() - cpu))


class _LogSigner:
    """The audit log's key in memory; implements `gateway.audit.log.CheckpointSigner`."""

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()
        self.log_key = LogKey("bench.example/audit", self._key.public_key().public_bytes_raw())

    async def sign_checkpoint(self, text: bytes) -> bytes:
        return self._key.sign(text)


def measure_activation(
    *, companies: int = _COMPANIES, seals: int = _SEALS, rules: int = _RULES
) -> ActivationFigures:
    """Bring a first bundle into force and then the next one, and watch the event loop.

    Raises:
        BenchError: one of them did not come into force.
    """
    group = signed_group(companies=companies, seals=seals, rules=rules)
    with tempfile.TemporaryDirectory() as directory:
        return asyncio.run(_measured(group, Path(directory)))


def told(figures: ActivationFigures) -> str:
    """The figures in a line."""
    return (
        f"Bundle file of {figures.file_bytes / 1e6:.0f} MB ({figures.seals:,} seals, "
        f"{figures.rules:,} rules): could decide {figures.load_s:.2f} s after it lay there "
        f"({figures.load_cpu_s:.2f} s of CPU); the next one in force after "
        f"{figures.activation_s:.2f} s "
        f"({figures.activation_cpu_s:.2f} s of CPU), event loop held for up to "
        f"{figures.pause_ms:.0f} ms, of which {figures.pause_own_ms:.0f} ms by this process "
        f"({figures.idle_ms:.0f} ms without a bundle)"
    )


async def _measured(group: SignedGroup, directory: Path) -> ActivationFigures:
    bundles, root = directory / "bundles", directory / "root.json"
    bundles.mkdir()
    root.write_bytes(group.root)
    async with AsyncExitStack() as stack:
        policies = await _policies(bundles, root, group, stack)
        _put(bundles, group.first)
        load_s, load_cpu_s, _ = await _watched(policies)
        _put(bundles, group.second)
        activation_s, cpu_s, ticker = await _watched(policies)
        idle = _Ticker()
        await idle.during(asyncio.sleep(activation_s))
    return ActivationFigures(
        seals=len(policies.current.seals),
        rules=group.rules,
        file_bytes=len(group.second),
        load_s=round(load_s, 2),
        load_cpu_s=round(load_cpu_s, 2),
        activation_s=round(activation_s, 2),
        activation_cpu_s=round(cpu_s, 2),
        pause_ms=round(ticker.late * 1000, 1),
        pause_own_ms=round(ticker.own * 1000, 1),
        idle_ms=round(idle.late * 1000, 1),
    )


async def _policies(
    bundles: Path, root: Path, group: SignedGroup, stack: AsyncExitStack
) -> BundlePolicies:
    state = bundles.parent / "state"
    state.mkdir()
    clock = SystemClock()
    writer = open_writer(state / "bench.sqlite")
    migrate(writer)
    stack.callback(writer.dispose)
    lane = WriterLane(writer, ContentStore(state / "documents", clock=clock))
    await stack.enter_async_context(lane)
    signer = _LogSigner()
    audit = AuditLog(
        lane=lane, key=signer.log_key, signer=signer, checkpoint_file=state / "checkpoint"
    )
    await stack.enter_async_context(audit)
    source = BundleSource(bundles, root=root, keys=lambda: group.keys, first=LastGood())
    copies = BundleCopies(state / "bundles")
    return BundlePolicies(
        source,
        copies=copies,
        lane=lane,
        audit=audit,
        clock=clock,
        # The old bundle is to go while somebody looks.
        outgoing=Outgoing(grace_seconds=0),
    )


def _put(bundles: Path, data: bytes) -> None:
    (bundles / f"{len(list(bundles.iterdir()))}{SUFFIX}").write_bytes(data)


async def _watched(policies: BundlePolicies) -> tuple[float, float, _Ticker]:
    """Seconds and CPU seconds until a bundle is in force, and how the loop went until all is over.

    Raises:
        BenchError: none came into force.
    """
    took = [0.0, 0.0]

    async def work() -> None:
        began, cpu = time.perf_counter(), time.process_time()
        if not await policies.refresh():
            raise BenchError(f"the bundle did not come into force: {policies.refused}")
        took[:] = time.perf_counter() - began, time.process_time() - cpu
        # What the change leaves behind is part of it: the old bundle goes at the next look.
        await policies.refresh()
        await asyncio.sleep(1)

    ticker = _Ticker()
    await ticker.during(work())
    return took[0], took[1], ticker


if __name__ == "__main__":
    Console(highlight=False).print(told(measure_activation()), soft_wrap=True)
