"""What was in force goes in small steps.

To free the objects of a large group at once takes a fifth of a second, in which no thread of the
interpreter does anything else. So what large containers hold is held once more, by a list, before
the last reference from elsewhere goes; then that list is emptied little by little.
"""

import gc
import time
from collections import deque
from collections.abc import Callable
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Final

_LARGE: Final = 100
"""Items of a container that are held one by one."""

_AT_ONCE: Final = 20
"""Pieces that are let go without a pause."""

_LARGE_BYTES: Final = 5000

_SHARED: Final = (type, ModuleType, FunctionType, BuiltinFunctionType, str, bytes)
"""What does not go with a bundle, or holds nothing."""


def pieces_of(root: object) -> list[object]:
    """What there is below `root`, the topmost first, down to the items of large containers.

    Such an item is not opened: it goes with all that only it holds.
    """
    pieces, seen = [root], {id(root)}
    opened = [root]
    for each in opened:
        held = [
            item
            for item in gc.get_referents(each)
            if id(item) not in seen and not isinstance(item, _SHARED)
        ]
        seen.update(map(id, held))
        pieces += held
        if len(held) <= _LARGE:
            opened += held
    return pieces


def let_go(pieces: list[object], *, pause: Callable[[], None]) -> None:
    """Empty the list, the topmost first, so that each step frees little.

    Args:
        pieces: as `pieces_of` gave them; nothing else should hold them any more.
        pause: called after each step, for whoever must let others work.
    """
    pieces.reverse()
    while pieces:
        del pieces[-_AT_ONCE:]
        # The C library puts small blocks aside, and joins all of them when it is next asked for a
        # large one: 80 ms, if nobody asks until everything is gone.
        bytearray(_LARGE_BYTES)
        pause()


class Outgoing:
    """What decided until a moment ago. It waits until no request can hold it any more."""

    def __init__(self, *, grace_seconds: float = 60.0) -> None:
        """Nothing yet; `grace_seconds`: longer than any request takes."""
        self._grace_seconds = grace_seconds
        self._waiting: deque[tuple[float, object]] = deque()

    def add(self, old: object, *, now: float) -> None:
        """It decides no more, from `now` on (monotonic seconds)."""
        self._waiting.append((now, old))

    def let_go(self, *, now: float) -> None:
        """Free what has waited long enough; do it beside the event loop, where it was made."""
        while self._waiting and now - self._waiting[0][0] >= self._grace_seconds:
            let_go(pieces_of(self._waiting.popleft()[1]), pause=give_way)


def give_way() -> None:
    """Let another thread have the interpreter as soon as it wants it."""
    time.sleep(0)
