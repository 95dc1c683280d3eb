"""Faults other than kills, each while callers ask, and how long it took to be right again.

Time is the machine's own here: a process cannot be given another clock. What clocks that jump do
is tested where the clock is injected; docs/reliability.md names the tests.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp

from tests.chaos.batch_storm import BatchStorm
from tests.chaos.client_log import ClientLog
from tests.chaos.installation import Installation
from tests.chaos.model import Answered, Asked
from tests.chaos.storm import Storm
from tests.chaos.volumes import Volume

CKR_FUNCTION_FAILED, CKR_DEVICE_ERROR = 0x06, 0x30
_PAUSE_SECONDS = 0.02
_PATIENCE_SECONDS = 90.0


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """How a fault went by. Seconds.

    Attributes:
        noticed: from the fault until `/readyz` was red, or the signer was told to hang.
        slowest_refusal: the longest that a caller waited to hear that it is to come again.
        recovered: from the fault's end until a document was sealed.
        refused: how many answers were `come again`.
    """

    noticed: float | None = None
    slowest_refusal: float = 0.0
    recovered: float = 0.0
    refused: int = 0


class Faults:
    """One installation that runs, and what can be done to it."""

    def __init__(
        self, installation: Installation, storm: Storm, batches: BatchStorm, log: ClientLog
    ) -> None:
        self._installation = installation
        self._batches = batches
        self._shim = installation.shim
        self._storm = storm
        self._log = log

    async def hsm_errors(self, *, share: float, documents: int) -> int:
        """So many of all signatures fail; gives how many documents were sealed nevertheless."""
        self._shim.fail({CKR_FUNCTION_FAILED: share / 2, CKR_DEVICE_ERROR: share / 2})
        before = self._storm.count("sealed")
        await self._storm.ask_new(documents, at_once=16)
        self._shim.work()
        return self._storm.count("sealed") - before

    async def hsm_latency(self, *, milliseconds: tuple[float, float], documents: int) -> float:
        """Every signature takes between so long and so long; gives documents per second."""
        await self._storm.ask_new(16, at_once=16)
        self._shim.delay(*milliseconds)
        began = time.monotonic()
        await self._storm.ask_new(documents, at_once=64)
        took = time.monotonic() - began
        self._shim.work()
        return documents / took

    async def hsm_hang(self) -> Recovery:
        """No signature comes back until the gateway has noticed."""
        seen = self._said("signer_hung")
        self._shim.hang(60)
        began = time.monotonic()
        asking = asyncio.create_task(self._storm.ask_new(8, at_once=8))
        await self._until(lambda: self._said("signer_hung") > seen)
        noticed = time.monotonic() - began
        self._shim.work()
        ended = time.monotonic()
        await asking
        return Recovery(noticed=noticed, recovered=time.monotonic() - ended)

    async def token_removed(self) -> Recovery:
        """The token is pulled out under callers, and put back once readiness is red."""
        async with self._asked_meanwhile() as asked:
            began = time.monotonic()
            self._shim.remove_token()
            await self._until_ready(is_ready=False)
            noticed = time.monotonic() - began
            self._shim.work()
            ended = time.monotonic()
            await self._until_sealed()
            recovered = time.monotonic() - ended
        slowest, refused = asked.busy_answers()
        return Recovery(
            noticed=noticed, recovered=recovered, slowest_refusal=slowest, refused=refused
        )

    async def disk_full(self, volume: Volume) -> Recovery:
        """A volume has no room left under callers, and has it again once some were refused."""
        async with self._asked_meanwhile() as asked:
            volume.fill()
            await self._until(lambda: asked.busy_answers()[1] > 0)
            volume.empty()
            ended = time.monotonic()
            await self._until_sealed()
            recovered = time.monotonic() - ended
        slowest, refused = asked.busy_answers()
        return Recovery(recovered=recovered, slowest_refusal=slowest, refused=refused)

    async def published_heads_full(self, volume: Volume) -> int:
        """No tree head can be published; gives how many documents were sealed meanwhile."""
        before, seen = self._storm.count("sealed"), self._said("checkpoint_failed")
        volume.fill()
        await self._storm.ask_new(8, at_once=8)
        await self._until(lambda: self._said("checkpoint_failed") > seen)
        volume.empty()
        return self._storm.count("sealed") - before

    @asynccontextmanager
    async def _asked_meanwhile(self) -> "AsyncIterator[_Since]":
        """Callers ask all the while, and go on until all of theirs have an answer."""
        over = asyncio.Event()
        blowing = asyncio.gather(
            self._storm.blow(callers=8, until=over.is_set),
            self._batches.blow(until=over.is_set),
        )
        try:
            yield _Since(self._log, len(self._log.events))
        finally:
            over.set()
            await blowing

    async def _until_sealed(self) -> None:
        before = self._storm.count("sealed")
        await self._until(lambda: self._storm.count("sealed") > before)

    async def _until_ready(self, *, is_ready: bool) -> None:
        async with aiohttp.ClientSession() as session:
            deadline = time.monotonic() + _PATIENCE_SECONDS
            while time.monotonic() < deadline:
                async with session.get(f"{self._installation.url}/readyz") as answer:
                    if answer.ok == is_ready:
                        return
                await asyncio.sleep(_PAUSE_SECONDS)
        raise AssertionError(f"readiness did not become {is_ready}")

    async def _until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, "it did not come about"
            await asyncio.sleep(_PAUSE_SECONDS)

    def _said(self, event: str) -> int:
        return self._installation.log_file.read_bytes().count(b'"event":"%s"' % event.encode())


@dataclass(frozen=True)
class _Since:
    """What callers were told from an event on."""

    log: ClientLog
    first: int

    def busy_answers(self) -> tuple[float, int]:
        """The longest wait for `come again`, in seconds, and how many there were."""
        events = self.log.events[self.first :]
        asked = {each.attempt: each.at for each in self.log.events if isinstance(each, Asked)}
        waits = [
            each.at - asked[each.attempt]
            for each in events
            if isinstance(each, Answered) and each.kind == "busy"
        ]
        return max(waits, default=0.0), len(waits)
