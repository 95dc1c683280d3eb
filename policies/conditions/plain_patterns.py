"""Regular expressions so plain that Python's `re` and RE2 agree about them on ASCII text.

CEL compiles a pattern anew for every text, which takes longer than all rules of a decision. Most
patterns are a row of characters and classes, each so many times, such as `[A-Z]{2}[0-9]{8,12}`.
Everything else is left to RE2, whose time is linear in the text whatever the pattern is.
"""

import re
from math import prod
from typing import Final

_ITEM: Final = re.compile(
    r"(?:\[(?:[A-Za-z0-9](?:-[A-Za-z0-9])?)+\]|[A-Za-z0-9_/-])"
    r"(?:\{(?P<least>\d{1,3})(?:,(?P<most>\d{1,3}))?\})?"
)
_MOST_WAYS: Final = 1000
"""In how many ways a text may be divided among the items: `re` may try them all."""


def plain(pattern: str) -> re.Pattern[str] | None:
    """The pattern for `fullmatch` on ASCII text; None where only RE2 may judge it.

    RE2 must have taken it already.
    """
    items: list[re.Match[str]] = []
    while (end := items[-1].end() if items else 0) < len(pattern):
        item = _ITEM.match(pattern, end)
        if item is None:
            return None
        items.append(item)
    return re.compile(pattern) if prod(map(_ways, items)) <= _MOST_WAYS else None


def _ways(item: re.Match[str]) -> int:
    return 1 if item["most"] is None else int(item["most"]) - int(item["least"]) + 1
