"""Whether our clock goes on as it did when the network last agreed with it.

The network refuses requests of another time than its own: what it has answered was asked by a clock
that was right. What is sealed by one that was put ahead since is dated to a moment that has not
come; no partner believes that, and nobody can take it back.
"""

from datetime import datetime, timedelta
from typing import Final

from gateway.clock import Clock
from gateway.signing.errors import ClockOffProblem

CLOCKS_DIFFER: Final = timedelta(minutes=5)
"""By so much and no more: the network takes no request of another time."""

Asked = tuple[datetime, float]
"""When something was asked: by the wall clock, and by the one that nobody puts."""


class ClockAgreement:
    """Compares how far both clocks of the machine went since the network last answered."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._agreed: Asked | None = None

    def asked(self) -> Asked:
        """The present moments, taken before the network is asked."""
        return self._clock.now(), self._clock.monotonic()

    def answered(self, asked: Asked) -> None:
        """The network has taken what was asked then."""
        self._agreed = asked

    def refuse_jumped(self) -> None:
        """See that the clock was not put ahead since.

        Raises:
            ClockOffProblem: it was, or the machine was asleep; over once the network has answered
                again.
        """
        if self._agreed is None:
            return
        then, at = self._agreed
        expected, now = then + timedelta(seconds=self._clock.monotonic() - at), self._clock.now()
        if now > expected + CLOCKS_DIFFER:
            raise ClockOffProblem(
                f"the clock says {now:%Y-%m-%d %H:%M:%S} UTC, and by the account network, which "
                f"last agreed with it, it is about {expected:%Y-%m-%d %H:%M:%S} UTC"
            )
