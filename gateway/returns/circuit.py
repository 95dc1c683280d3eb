"""Whether a target is there: after some failures in a row it is left alone for a while.

Its deliveries wait meanwhile and keep their tries; one of them goes ahead to find out.
"""

from datetime import timedelta
from typing import Final

from gateway.clock import Clock

_FAILURES: Final = 5
_FIRST_SECONDS: Final = 5.0
_LONGEST_SECONDS: Final = 300.0
_LONGEST_ASKED_SECONDS: Final = 3600.0


class Circuit:
    """One target's. Closed while it answers; open while it is left alone."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures = 0
        self._pause = 0.0
        self._until = 0.0
        self._trying = False

    @property
    def is_open(self) -> bool:
        """Whether nothing is to be tried now."""
        return self.seconds_left > 0 or self._trying

    @property
    def is_away(self) -> bool:
        """Whether it did not answer when it was last tried, several times in a row."""
        return self._failures >= _FAILURES

    @property
    def seconds_left(self) -> float:
        """Until one delivery may find out; 0 at once."""
        if not self.is_away:
            return 0.0
        return max(0.0, self._until - self._clock.monotonic())

    def begin(self) -> None:
        """A delivery goes out; while the target is away, it goes alone."""
        self._trying = self.is_away

    def succeeded(self) -> None:
        """It took something, or said for good that it does not."""
        self._failures, self._pause, self._trying = 0, 0.0, False

    def failed(self, *, asked: timedelta | None = None) -> None:
        """It did not take something; `asked` is when it wants to be asked again."""
        self._failures += 1
        self._trying = False
        if asked is not None:
            # It said so itself: it need not be asked five times.
            self._failures = max(self._failures, _FAILURES)
        if self.is_away:
            self._pause = min(max(self._pause * 2, _FIRST_SECONDS), _LONGEST_SECONDS)
            longest = 0.0 if asked is None else min(asked.total_seconds(), _LONGEST_ASKED_SECONDS)
            self._until = self._clock.monotonic() + max(self._pause, longest)
