"""How far a batch has come: counts, rate and what is left; and waiting for news of it."""

import asyncio
from collections import deque
from dataclasses import dataclass, field

from gateway.clock import Clock
from gateway.store.rows.batch_items import ItemReader
from gateway.store.rows.batches import BatchRow

_OF_SECONDS = 30.0
_FRESH_SECONDS = 0.5
_MOST_WATCHED = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far it has come.

    Attributes:
        counts: items by state; states that none is in are left out.
        rate: items that ended a second, lately; None while nothing is known of it.
        remaining_seconds: until the last will have ended at this rate; None: not known, or over.
    """

    counts: dict[str, int]
    rate: float | None
    remaining_seconds: float | None


@dataclass(slots=True)
class _Watched:
    """What is remembered of a batch that somebody asks for."""

    samples: "deque[tuple[float, int]]" = field(default_factory=deque)
    counts: dict[str, int] = field(default_factory=dict)
    counted_at: float = float("-inf")


class ProgressBook:
    """Counts the items of batches that are asked for, at most twice a second each.

    Attributes:
        is_stopping: whoever waits for news is to end.
    """

    def __init__(self, *, items: ItemReader, clock: Clock) -> None:
        self._items = items
        self._clock = clock
        self._watched: dict[str, _Watched] = {}
        self._news: dict[str, asyncio.Event] = {}
        self.is_stopping = False

    async def of(self, batch: BatchRow) -> Progress:
        """How far the batch has come."""
        now = self._clock.monotonic()
        watched = self._watched.pop(batch.id, None) or _Watched()
        self._watched[batch.id] = watched  # the newest is last
        if len(self._watched) > _MOST_WATCHED:
            del self._watched[next(iter(self._watched))]
        if batch.is_over or now - watched.counted_at >= _FRESH_SECONDS:
            watched.counts = await asyncio.to_thread(self._items.counts, batch.id)
            watched.counted_at = now
            _sample(watched, now)
        return self._progress(batch, watched)

    def changed(self, batch_ids: set[str]) -> None:
        """These have news; on the event loop."""
        for batch_id in batch_ids:
            if (news := self._news.pop(batch_id, None)) is not None:
                news.set()

    def news(self, batch_id: str) -> asyncio.Event:
        """Is set with the next news of a batch; to be asked for before looking at the batch."""
        return self._news.setdefault(batch_id, asyncio.Event())

    def stop(self) -> None:
        """Let nobody wait for news any more."""
        self.is_stopping = True
        self.changed(set(self._news))

    def _progress(self, batch: BatchRow, watched: _Watched) -> Progress:
        waiting = watched.counts.get("waiting", 0)
        ended = sum(watched.counts.values()) - waiting
        rate = self._rate(batch, watched, ended)
        is_known = waiting and rate and batch.state == "open"
        remaining = waiting / rate if is_known and rate else None
        return Progress(counts=dict(watched.counts), rate=rate, remaining_seconds=remaining)

    def _rate(self, batch: BatchRow, watched: _Watched, ended: int) -> float | None:
        if batch.finished_at is not None:
            return _over(ended, (batch.finished_at - batch.created_at).total_seconds())
        (first_at, first), (last_at, last) = watched.samples[0], watched.samples[-1]
        if last_at - first_at >= 1.0:
            return _over(last - first, last_at - first_at)
        return _over(ended, (self._clock.now() - batch.created_at).total_seconds())


def _sample(watched: _Watched, now: float) -> None:
    waiting = watched.counts.get("waiting", 0)
    watched.samples.append((now, sum(watched.counts.values()) - waiting))
    while now - watched.samples[0][0] > _OF_SECONDS:
        watched.samples.popleft()


def _over(count: int, seconds: float) -> float | None:
    return count / seconds if seconds > 0 else None
