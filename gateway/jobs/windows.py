"""Maintenance windows: what comes is accepted and waits, and nothing of these kinds is claimed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from gateway.clock import Clock
from gateway.jobs.model import JobKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From `starts` to before `ends`; over midnight if it ends no later than it starts.

    Attributes:
        name: why.
        kinds: of the jobs that wait.
        days: on which it starts; 0 is Monday.
        starts: by the clocks of `zone`.
        ends: as `starts`; the same as `starts` is a whole day.
        zone: whose clocks.
    """

    name: str
    kinds: frozenset[JobKind]
    days: frozenset[int]
    starts: time
    ends: time
    zone: ZoneInfo

    def holds(self, at: datetime) -> bool:
        """Whether the moment, which is aware, is in it."""
        local = at.astimezone(self.zone)
        today, now = local.weekday(), local.time()
        if self.starts < self.ends:
            return today in self.days and self.starts <= now < self.ends
        yesterday = (local - timedelta(days=1)).weekday()
        return (today in self.days and now >= self.starts) or (
            yesterday in self.days and now < self.ends
        )


class Maintenance:
    """All windows."""

    def __init__(self, windows: Sequence[Window], *, clock: Clock) -> None:
        self._windows = windows
        self._clock = clock

    def of(self, kind: JobKind) -> str | None:
        """The name of a window that holds jobs of the kind now; None: there is none."""
        now = self._clock.now()
        return next(
            (each.name for each in self._windows if kind in each.kinds and each.holds(now)), None
        )
