"""Events brought once more: one, or all of a stretch; and targets that go on after a stop."""

from collections.abc import Callable
from typing import Final

import structlog

from gateway.jobs.interfaces import JobQueue
from gateway.jobs.model import NewJob
from gateway.randomness import random_bytes
from gateway.returns.errors import UnknownEventProblem, UnknownWebhookProblem
from gateway.returns.model import Target
from gateway.returns.outbox import TARGET, delivery_job
from gateway.returns.records import EventReader, KeptEvent, Standing
from gateway.returns.stopping import Stops
from gateway.returns.targets import TargetBook
from gateway.store.engines.lane import WriterLane

# So few at a time that no document waits for the replay.
_AT_ONCE: Final = 500
_LAST: Final = 2**62

_log = structlog.get_logger("returns")


class Replays:
    """What is owed once more. The same id, so a receiver can tell."""

    def __init__(
        self,
        *,
        lane: WriterLane,
        queue: JobQueue,
        events: EventReader,
        targets: TargetBook,
        stops: Stops,
        resumed: Callable[[str], None],
    ) -> None:
        """Make it.

        Args:
            lane: the database's writer.
            queue: the jobs.
            events: reads what is kept.
            targets: who is told of what.
            stops: who is stopped.
            resumed: is told the subject of a target that goes on.
        """
        self._lane = lane
        self._queue = queue
        self._events = events
        self._targets = targets
        self._stops = stops
        self._resumed = resumed

    def webhooks_of(self, system: str) -> tuple[Target, ...]:
        """The targets that are told of a system's events, by name."""
        found = (each for each in self._targets.targets.values() if system in each.systems)
        return tuple(sorted(found, key=lambda each: each.name))

    async def event(self, event_id: str, system: str) -> tuple[KeptEvent, tuple[Standing, ...]]:
        """An event, and how it stands with its deliveries.

        Raises:
            UnknownEventProblem: there is none of that id, or it is another system's.
        """
        found = await self._events.by_id(event_id)
        if found is None or found.system != system:
            raise UnknownEventProblem(f"{event_id!r} is no event of {system}")
        return found, await self._events.standings(event_id)

    async def page(self, system: str, after: int, *, most: int) -> tuple[KeptEvent, ...]:
        """A system's events behind a number, in order."""
        return await self._events.after(system, after, most=most)

    async def redeliver(self, event_id: str, system: str) -> tuple[str, ...]:
        """Owe an event once more to all who want it; gives their names.

        Raises:
            UnknownEventProblem: see `event`.
        """
        kept, _ = await self.event(event_id, system)
        names = tuple(each.name for each in self.webhooks_of(system) if _wants(each, kept))
        again = random_bytes(8).hex()
        await self._enqueue([delivery_job(kept.id, name, again=again) for name in names])
        return names

    async def replay(
        self, name: str, system: str, *, after: int | None = None, before: int | None = None
    ) -> int:
        """Owe a target a stretch of a system's events once more; gives how many.

        A target that was stopped goes on with all that it missed. Without `after` that is all.

        Raises:
            UnknownWebhookProblem: no such target is told of this system's events.
        """
        target = self._targets.targets.get(name)
        if target is None or system not in target.systems:
            raise UnknownWebhookProblem(f"{name!r} is no webhook that is told of {system}")
        missed = await self.resume(name)
        if after is None:
            return missed
        again = random_bytes(8).hex()
        return missed + await self._owe(
            target, system, after=after, before=before or _LAST, again=again
        )

    async def resume(self, name: str) -> int:
        """Let a target go on that was stopped, if it was; gives how many events it missed.

        Raises:
            StoreProblem: not all is written; it stays stopped, and may be resumed again.
        """
        stopped = await self._lane.write(lambda unit: self._stops.of(unit.connection, name))
        if stopped is None or name not in self._targets.targets:
            return 0
        missed = await self._go_on(name, after=stopped.after)
        await self._lane.write(lambda unit: self._stops.remove(unit, name))
        return missed

    async def follow(self) -> None:
        """Let those go on that another node has resumed.

        Raises:
            StoreProblem: the database does not answer; it may be tried again.
        """
        for name, after in tuple(self._stops.remembered.items()):
            stopped = await self._lane.write(
                lambda unit, name=name: self._stops.of(unit.connection, name)  # type: ignore[misc]  # mypy sees no default
            )
            if stopped is None and name in self._targets.targets:
                await self._go_on(name, after=after)

    async def _go_on(self, name: str, *, after: int) -> int:
        """Owe a target again what it wants, and what it missed since that event."""
        target = self._targets.targets[name]
        # First: what comes from now on has its jobs. What came before is looked up.
        self._targets.resume(name)
        missed = 0
        for system in sorted(target.systems):
            missed += await self._owe(target, system, after=after, before=_LAST)
        self._stops.remembered.pop(name, None)
        self._resumed(TARGET + name)
        _log.info("webhook_resumed", webhook=name, missed=missed)
        return missed

    async def _owe(
        self, target: Target, system: str, *, after: int, before: int, again: str = ""
    ) -> int:
        owed = 0
        while page := await self._events.after(system, after, most=_AT_ONCE):
            after = page[-1].sequence
            wanted = [each for each in page if each.sequence < before and _wants(target, each)]
            if not again:
                wanted = [each for each in wanted if not await self._has_it(target, each)]
            await self._enqueue(
                [delivery_job(each.id, target.name, again=again) for each in wanted]
            )
            owed += len(wanted)
            if page[-1].sequence >= before:
                break
        return owed

    async def _has_it(self, target: Target, kept: KeptEvent) -> bool:
        return any(
            each.target == target.name and each.state == "delivered"
            for each in await self._events.standings(kept.id)
        )

    async def _enqueue(self, jobs: list[NewJob]) -> None:
        if jobs:
            await self._lane.write(lambda unit: self._queue.enqueue(unit, jobs))


def _wants(target: Target, kept: KeptEvent) -> bool:
    return target.wants(kept.type, kept.system, kept.document_type, kept.source)
