"""Medians, spreads and percentiles of what was measured."""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence

import msgspec

_KNEE = 0.95


class Spread(msgspec.Struct, frozen=True):
    """The median of several measurements, and the least and the greatest of them."""

    median: float
    least: float
    greatest: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Of at least one value."""
        return cls(statistics.median(values), min(values), max(values))

    def ends(self, digits: int) -> tuple[float, float]:
        """The least and the greatest, rounded to so many decimal places."""
        return round(self.least, digits), round(self.greatest, digits)


def percentile(values: Iterable[float], percent: float) -> float:
    """The nearest rank: the least value that `percent` of all do not exceed; nan of none."""
    ordered = sorted(values)
    if not ordered:
        return math.nan
    return ordered[max(math.ceil(len(ordered) * percent / 100) - 1, 0)]


def knee(rates: Mapping[int, float]) -> int:
    """The fewest connections that give nearly (95 %) the best rate: more only make callers wait.

    Args:
        rates: documents a second by number of connections.
    """
    enough = _KNEE * max(rates.values())
    return min(connections for connections, rate in rates.items() if rate >= enough)
