"""Places for connections: so many at all, and of one address no more than its share."""

from collections import Counter
from typing import Final

import structlog

from cloud_bridge.network.listening.lines import line_of

_FREE_AGAIN: Final = 0.9
"""Of all: below that it is told anew when it is full, and not each time somebody goes and comes."""
_log = structlog.get_logger("network")


class Places:
    """Counts who is in.

    Args:
        most: at once.
        of_an_address: at once, from one IPv4 address or one IPv6 network of 64 bits; None: as many
            as there are, as behind a proxy, where all come from one address.
    """

    def __init__(self, most: int, *, of_an_address: int | None) -> None:
        self._most = most
        self._of_an_address = of_an_address
        self._count = 0
        self._by_address: Counter[str] = Counter()
        self._is_told = False
        self._told_of: set[str] = set()

    def take(self, address: str) -> bool:
        """Let somebody in; False: there is no place, or none for that address."""
        line = line_of(address) or address
        if self._count >= self._most:
            if not self._is_told:
                _log.error("connections_full", most=self._most)
            self._is_told = True
            return False
        if self._of_an_address is not None and self._by_address[line] >= self._of_an_address:
            if line not in self._told_of:
                _log.error("connections_of_address_full", address=line, most=self._of_an_address)
            self._told_of.add(line)
            return False
        self._count += 1
        self._by_address[line] += 1
        return True

    def leave(self, address: str) -> None:
        """Somebody who was let in from there has gone."""
        line = line_of(address) or address
        self._count -= 1
        if self._count < self._most * _FREE_AGAIN:
            self._is_told = False
        self._by_address[line] -= 1
        if self._by_address[line] == 0:  # nothing is remembered of whoever is not here
            del self._by_address[line]
            self._told_of.discard(line)
