"""How often an organisation may ask: a bucket that fills at a steady rate."""

from collections import OrderedDict
from typing import Final

from cloud_bridge.interfaces import Time
from cloud_bridge.network.problems import TooManyRequestsProblem

_MOST_KEPT: Final = 20_000


class Limits:
    """One bucket an organisation, in memory, at each node."""

    def __init__(self, time: Time, *, per_second: float, burst: int) -> None:
        self._time = time
        self._per_second = per_second
        self._burst = burst
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, organisation: str) -> None:
        """Count a request; TooManyRequestsProblem: it is one too many, and when it would not be."""
        now = self._time.monotonic()
        left, since = self._buckets.get(organisation, (float(self._burst), now))
        left = min(float(self._burst), left + (now - since) * self._per_second)
        if left < 1:
            raise TooManyRequestsProblem(
                f"{organisation} may send {self._per_second:g} requests a second",
                retry_after_seconds=(1 - left) / self._per_second,
            )
        self._buckets[organisation] = (left - 1, now)
        self._buckets.move_to_end(organisation)
        if len(self._buckets) > _MOST_KEPT:
            self._buckets.popitem(last=False)
