"""Where a text ends that is written in a file. Also where there is no pyHanko."""

import re
from typing import Final

_IN_TEXT: Final = re.compile(rb"[()]|\\.", re.DOTALL)


def end_of_text(written: bytes, at: int) -> int | None:
    """Where a text ends: its brackets stand in pairs or behind backslashes (ISO 32000-2 §7.3.4.2).

    Args:
        written: bytes of a file, or of content.
        at: behind the bracket with which it begins.

    Returns:
        None: it has no end.
    """
    depth = 1
    while (found := _IN_TEXT.search(written, at)) is not None:
        at = found.end()
        depth += {b"(": 1, b")": -1}.get(found[0], 0)
        if depth == 0:
            return at
    return None
