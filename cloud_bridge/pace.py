"""How long a body may take: who sends a letter a minute must not keep a place for hours.

The network's door uses it, and the gateway's own.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """A first time, and a second more for so many bytes that have come.

    So a body that comes as fast as is asked, or faster, is never cut off, however long it is.

    Attributes:
        first_seconds: that anybody has.
        bytes_per_second: as slow as a line may be.
    """

    first_seconds: float
    bytes_per_second: int

    def left(self, *, elapsed: float, received: int) -> float:
        """For how many seconds more to wait; not above 0: it is too slow.

        Args:
            elapsed: seconds since it began.
            received: bytes that have come by now.
        """
        return self.first_seconds + received / self.bytes_per_second - elapsed
