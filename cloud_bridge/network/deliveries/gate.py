"""How much of one delivery is read at once: a receipt is in memory while it comes, with photos."""

import contextlib
from collections import Counter
from collections.abc import Iterator
from typing import Final

from cloud_bridge.network.deliveries.model import Delivery
from cloud_bridge.network.deliveries.problems import BusyProblem

MOST: Final = 2
"""A telephone's page and its worker may both send what waits."""


class Gate:
    """Keeps whoever has one label from filling the network's memory; of others it takes nothing."""

    def __init__(self) -> None:
        self._inside: Counter[tuple[str, str]] = Counter()

    @contextlib.contextmanager
    def passed(self, delivery: Delivery) -> Iterator[None]:
        """While a receipt is read; BusyProblem: so many are read already."""
        of = (delivery.envelope, delivery.party)
        if self._inside[of] >= MOST:
            raise BusyProblem(f"{MOST} receipts of this delivery are just being read")
        self._inside[of] += 1
        try:
            yield
        finally:
            self._inside[of] -= 1
            if not self._inside[of]:
                del self._inside[of]
