"""One at a time for each key, for as long as somebody wants the key."""

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Wanted:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    by: int = 0


class Keyed:
    """Locks by key; those that nobody wants are not kept."""

    def __init__(self) -> None:
        self._wanted: dict[Hashable, _Wanted] = {}

    @asynccontextmanager
    async def alone(self, key: Hashable) -> AsyncIterator[None]:
        """Go on when nobody else has this key."""
        wanted = self._wanted.setdefault(key, _Wanted())
        wanted.by += 1
        try:
            async with wanted.lock:
                yield
        finally:
            wanted.by -= 1
            if not wanted.by:
                del self._wanted[key]
