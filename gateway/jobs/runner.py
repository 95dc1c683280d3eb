"""Works on jobs: so many of a kind at once, each in the hand of the kind's handler."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Self

from gateway.jobs.crew import Crew
from gateway.jobs.interfaces import JobQueue
from gateway.jobs.model import JobKind

_HEARTBEAT_SECONDS = 30.0
_DRAIN_SECONDS = 20.0


class JobRunner:
    """Every kind's crew, and the heartbeats of what they have in hand.

    Use as an async context manager: whoever leaves it waits for what is in hand, and gives back
    what takes longer than 20 s.
    """

    def __init__(
        self,
        queue: JobQueue,
        crews: Sequence[Crew],
        *,
        heartbeat_seconds: float = _HEARTBEAT_SECONDS,
        drain_seconds: float = _DRAIN_SECONDS,
    ) -> None:
        """Make the runner; entering it starts the crews.

        Args:
            queue: whose jobs they are.
            crews: one a kind.
            heartbeat_seconds: between heartbeats; less than half of a lease.
            drain_seconds: how long what is in hand may take when the runner stops.
        """
        self._queue = queue
        self._crews = {crew.kind: crew for crew in crews}
        self._heartbeat_seconds = heartbeat_seconds
        self._drain_seconds = drain_seconds
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def crews(self) -> Mapping[JobKind, Crew]:
        """By kind."""
        return self._crews

    async def __aenter__(self) -> Self:
        """Start."""
        self._tasks = [
            *(asyncio.create_task(crew.work()) for crew in self._crews.values()),
            asyncio.create_task(self._beat()),
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Claim nothing more, and see off what is in hand."""
        await asyncio.gather(*(crew.stop(self._drain_seconds) for crew in self._crews.values()))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._heartbeat_seconds)
            leases = [lease for crew in self._crews.values() for lease in crew.leases]
            # What cannot be prolonged may be claimed by another, who then has the last word.
            with contextlib.suppress(Exception):
                await self._queue.heartbeat(leases)
