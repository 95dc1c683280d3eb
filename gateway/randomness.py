"""Random bytes by the thousand: drawn from the system in one call, handed out in pieces.

A document needs five random numbers. Each call to the system gives the interpreter lock away, and
under load it takes longer to get it back than to draw the number.
"""

import secrets
import threading

_DRAWN_BYTES = 4096


class Randomness:
    """Hands out every byte once. Thread-safe. Not for keys: those are drawn where they are made."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._drawn = b""
        self._at = 0

    def bytes(self, count: int) -> bytes:
        """So many random bytes that nobody else gets; 4096 at the most.

        Raises:
            ValueError: more are asked for.
        """
        if count > _DRAWN_BYTES:
            raise ValueError(f"{count} random bytes at once; {_DRAWN_BYTES} are the most")
        with self._lock:
            if self._at + count > len(self._drawn):
                self._drawn, self._at = secrets.token_bytes(_DRAWN_BYTES), 0
            piece = self._drawn[self._at : self._at + count]
            self._at += count
        return piece


random_bytes = Randomness().bytes
"""Of this process. A fork would hand out the same bytes twice; the gateway never forks."""


def chance() -> float:
    """At random from 0 to just below 1."""
    return int.from_bytes(random_bytes(6)) / (1 << 48)
