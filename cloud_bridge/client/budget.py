"""How many requests a network is asked in a second: no more than it, or its operator, bears."""

import asyncio
from collections.abc import Awaitable, Callable

from cloud_bridge.errors import NetworkAwayError
from cloud_bridge.interfaces import Time

Pause = Callable[[float], Awaitable[None]]
_PATIENCE_SECONDS = 5.0


class Budget:
    """A bucket that fills at a steady rate, and that each request takes one out of.

    Who finds it empty waits for its turn, if that is near; else it is told to come again.
    """

    def __init__(
        self,
        *,
        per_second: float,
        time: Time,
        burst: float | None = None,
        patience_seconds: float = _PATIENCE_SECONDS,
        pause: Pause = asyncio.sleep,
    ) -> None:
        """Begin with a full bucket.

        Args:
            per_second: how fast it fills.
            time: whose monotonic seconds count.
            burst: how many it holds; None: those of two seconds, and one at least.
            patience_seconds: who would wait longer is refused.
            pause: waits so many seconds.
        """
        self._rate = per_second
        self._most = max(1.0, 2 * per_second if burst is None else burst)
        self._time = time
        self._patience = patience_seconds
        self._pause = pause
        self._left = self._most
        self._at = time.monotonic()
        self._closed_until = self._at

    async def spend(self) -> None:
        """Take one, when it is our turn.

        Raises:
            NetworkAwayError: that would be long from now; `retry_after_seconds` says how long.
        """
        now = self._time.monotonic()
        closed = self._closed_until - now
        if closed > 0:
            raise NetworkAwayError("the network has asked us to wait", retry_after_seconds=closed)
        self._left = min(self._most, self._left + (now - self._at) * self._rate)
        self._at = now
        wait = (1.0 - self._left) / self._rate
        if wait > self._patience:
            raise NetworkAwayError(
                f"the budget of {self._rate:g} requests a second (bridge.requests_per_second) is "
                "used up",
                retry_after_seconds=wait,
            )
        # Below nothing: those who wait have taken theirs already, so that each waits for its own.
        self._left -= 1.0
        if wait > 0:
            await self._pause(wait)

    def close(self, seconds: float) -> None:
        """Ask nothing for so long: the network said so."""
        self._closed_until = max(self._closed_until, self._time.monotonic() + seconds)
