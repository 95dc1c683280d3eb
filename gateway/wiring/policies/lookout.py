"""Whether looks at what officers put into directories come to an end: a disk may answer nothing.

A thread that waits for a disk cannot be called off. So the look is not stopped; it is told.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from gateway.clock import Clock


class Lookout:
    """Knows when the last look was complete, and for how long one has been under way."""

    def __init__(self, what: str, *, patience_seconds: float, clock: Clock) -> None:
        """`what` is looked at; a look takes no longer than `patience_seconds`."""
        self._what = what
        self._patience_seconds = patience_seconds
        self._clock = clock
        self._complete_at = clock.monotonic()
        self._begun_at: float | None = None

    @contextmanager
    def look(self) -> Iterator[None]:
        """Around a look; one that raises is not complete."""
        self._begun_at = self._clock.monotonic()
        try:
            yield
            self._complete_at = self._clock.monotonic()
        finally:
            self._begun_at = None

    @property
    def age_seconds(self) -> float:
        """Since the last complete look, or the start."""
        return self._clock.monotonic() - self._complete_at

    async def prove(self) -> None:
        """Raise `LookStuckError`, which says why, while a look does not come to an end."""
        if self._begun_at is None:
            return
        seconds = self._clock.monotonic() - self._begun_at
        if seconds > self._patience_seconds:
            raise LookStuckError(
                f"a look at {self._what} has been under way for {seconds:.0f} s, so nothing new is "
                "taken from there: see whether its disk answers"
            )


class LookStuckError(Exception):
    """A look does not come to an end."""
