"""How long a job waits before it is tried again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from gateway.randomness import chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Twice as long with each attempt, up to the longest, and no two jobs at the same moment.

    Attributes:
        first: after the first attempt.
        longest: however many there were.
        spread: the share of the pause that chance may take off, so that what failed together does
            not come back together.
    """

    first: timedelta = timedelta(seconds=1)
    longest: timedelta = timedelta(minutes=10)
    spread: float = 0.5

    def after(self, attempt: int, *, chance: Callable[[], float] = chance) -> timedelta:
        """The pause after an attempt, which counts from 1."""
        doubled = min(attempt - 1, 40)  # beyond that every pause is the longest
        pause = min(self.first * (1 << doubled), self.longest)
        return pause * (1.0 - self.spread * chance())
