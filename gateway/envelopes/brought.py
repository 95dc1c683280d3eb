"""Contents that the feed brought along, as they came, in memory until they are needed.

Nothing here is believed, and nothing is missed: whoever takes one opens and verifies it as if it
had been asked for, and what is not here is asked for. So the bounds are small, and hold against a
network that brings what nobody wants: what has no room is not kept, what waits too long is dropped.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from cloud_bridge.wire import Content
from gateway.clock import Clock

_MOST_BYTES: Final = 16 << 20
_MOST: Final = 256
_LONGEST_SECONDS: Final = 120.0
_OF_A_KEY: Final = 256
"""Bytes beside what a wrapped key holds."""


@dataclass(frozen=True, slots=True)
class _Kept:
    content: Content
    size: int
    until: float


_Place = tuple[str, str, str]
"""Organisation, envelope, digest."""


class Brought:
    """Of all companies of a gateway; each takes what was brought to itself."""

    def __init__(
        self,
        clock: Clock,
        *,
        most_bytes: int = _MOST_BYTES,
        most: int = _MOST,
        seconds: float = _LONGEST_SECONDS,
    ) -> None:
        """Hold at most so many bytes and contents, each for so long."""
        self._clock = clock
        self._most_bytes = most_bytes
        self._most = most
        self._seconds = seconds
        self._kept: OrderedDict[_Place, _Kept] = OrderedDict()
        self._bytes = 0

    @property
    def bytes(self) -> int:
        """In use now."""
        return self._bytes

    def keep(
        self, organisation: str, contents: Iterable[Content], *, envelopes: Collection[str]
    ) -> None:
        """Keep what was brought to an organisation, where it is of these envelopes and has room."""
        now = self._clock.monotonic()
        self._drop_old(now)
        for content in contents:
            head = content.head
            if head.envelope not in envelopes:
                continue
            place = (organisation, head.envelope, head.digest)
            self._drop(place)
            size = _size(content)
            if len(self._kept) < self._most and self._bytes + size <= self._most_bytes:
                self._kept[place] = _Kept(content, size, now + self._seconds)
                self._bytes += size

    def take(self, organisation: str, envelope: str, digest: str) -> Content | None:
        """Give a content out of here, once; None: it must be asked for."""
        self._drop_old(self._clock.monotonic())
        return self._drop((organisation, envelope, digest))

    def _drop_old(self, now: float) -> None:
        while self._kept:
            place, kept = next(iter(self._kept.items()))
            if kept.until > now:
                return
            self._drop(place)

    def _drop(self, place: _Place) -> Content | None:
        kept = self._kept.pop(place, None)
        if kept is None:
            return None
        self._bytes -= kept.size
        return kept.content


def _size(content: Content) -> int:
    head = content.head
    keys = sum(_OF_A_KEY + len(key.organisation) + len(key.sealed) for key in head.keys)
    return len(content.body) + len(head.envelope) + len(head.digest) + keys
