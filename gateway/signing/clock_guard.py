"""Refuse to seal while the machine's clock runs behind what it has recorded itself.

A clock set back would seal with certificates that have expired, reopen hours whose limits are used
up, and put records into the log that seem to be older than their elders. A jump forward is not
refused: machines are suspended and corrected, and what a wrong future does shows in certificates.
"""

from datetime import datetime, timedelta

from gateway.signing.errors import ClockOffProblem

TOLERANCE = timedelta(minutes=2)


class ClockGuard:
    """Remembers the newest moment that was seen, from the audit log on."""

    def __init__(self, newest: datetime | None) -> None:
        self._newest = newest

    def check(self, now: datetime) -> None:
        """Raise when `now` cannot be right.

        Raises:
            ClockOffProblem: it lies before an earlier moment by more than the tolerance.
        """
        newest = self._newest
        if newest is not None and now < newest - TOLERANCE:
            raise ClockOffProblem(
                f"the clock says {now:%Y-%m-%d %H:%M:%S} UTC, but something was recorded "
                f"at {newest:%Y-%m-%d %H:%M:%S} UTC already"
            )
        if newest is None or now > newest:
            self._newest = now
