"""`kill -9` at random moments."""

import asyncio
import random  # noqa: TID251 - a run is told again by its seed
import time

from tests.chaos.supervisor import Supervisor

_WHILE_SERVING = 0.75


class Killer:
    """Kills processes at random moments, told again by the same seed.

    `kills` counts how many times each target was hit.
    """

    def __init__(self, supervisor: Supervisor, *, seed: int, targets: tuple[str, ...]) -> None:
        self._supervisor = supervisor
        self._dice = random.Random(seed)  # noqa: S311 - as above
        self._targets = targets
        self.kills = dict.fromkeys(targets, 0)

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.kills.values())

    async def strike(self, *, times: int, longest_pause_seconds: float, until: float) -> None:
        """Kill so many times: three times of four while it serves, else also during a start.

        It ends earlier at the moment `until` of the monotonic clock.
        """
        while self.total < times and time.monotonic() < until:
            if self._dice.random() < _WHILE_SERVING:
                await self._supervisor.ready()
            await asyncio.sleep(self._dice.uniform(0, longest_pause_seconds))
            target = self._targets[self.total % len(self._targets)]
            only = self._dice.randrange(64) if target == "worker" else None
            if self._supervisor.kill(target, only=only):
                self.kills[target] += 1
