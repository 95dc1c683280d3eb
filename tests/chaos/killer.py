"""`kill -9` at random moments."""

import asyncio
import random  # noqa: TID251 - a run is told again by its seed
import time
from collections.abc import Callable
from typing import Protocol

_WHILE_SERVING = 0.75
_LONGEST_PAUSE_SECONDS = 0.3
_LOOK_SECONDS = 0.005
_PATIENCE_SECONDS = 10.0


class Killable(Protocol):
    """What has processes by name: a `Supervisor`, or several."""

    async def ready(self) -> None:
        """Wait until all serve."""
        ...

    def kill(self, target: str, *, only: int | None = None) -> int:
        """`kill -9`; gives how many processes it hit."""
        ...


class Killer:
    """Kills processes at random moments, told again by the same seed.

    `kills` counts how many times each target was hit.
    """

    def __init__(self, supervisor: Killable, *, seed: int, targets: tuple[str, ...]) -> None:
        self._supervisor = supervisor
        self._dice = random.Random(seed)  # noqa: S311 - as above
        self._targets = targets
        self.kills = dict.fromkeys(targets, 0)

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.kills.values())

    async def strike(
        self, *, times: int, progress: Callable[[], int], most_progress: int, until: float
    ) -> None:
        """Kill so many times: three times of four once some work was done, else during a start too.

        Args:
            times: how many kills.
            progress: how much work was done so far; a slow machine gets more time for it.
            most_progress: how much of it there is between two kills, at the most.
            until: it ends at this moment of the monotonic clock in any case.
        """
        while self.total < times and time.monotonic() < until:
            if self._dice.random() < _WHILE_SERVING:
                await self._supervisor.ready()
                await _passed(progress, progress() + self._dice.randrange(most_progress))
            await asyncio.sleep(self._dice.uniform(0, _LONGEST_PAUSE_SECONDS))
            target = self._targets[self.total % len(self._targets)]
            only = self._dice.randrange(64) if target.endswith("worker") else None
            if self._supervisor.kill(target, only=only):
                self.kills[target] += 1


async def _passed(progress: Callable[[], int], wanted: int) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while progress() < wanted and time.monotonic() < deadline:
        await asyncio.sleep(_LOOK_SECONDS)
