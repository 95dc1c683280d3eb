"""Holes in files: bytes that read as zeros and take no room (fallocate(2))."""

import ctypes
import ctypes.util
from functools import cache
from typing import Any, Final

_KEEP_SIZE: Final = 0x01
_PUNCH_HOLE: Final = 0x02


def punched(descriptor: int, offset: int, length: int) -> bool:
    """Make these bytes of a file a hole; False where the file system or the system cannot."""
    fallocate = _fallocate()
    if fallocate is None:
        return False
    done: int = fallocate(descriptor, _KEEP_SIZE | _PUNCH_HOLE, offset, length)
    return done == 0


@cache
def _fallocate() -> Any:  # noqa: ANN401 - a C function
    try:
        function = ctypes.CDLL(None, use_errno=True).fallocate
    except (OSError, AttributeError):
        return None
    function.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)
    return function
