"""White space that Chinese typesetting puts in at will, taken out where it means nothing."""

import unicodedata


def closed(text: str) -> str:
    """Without single spaces beside characters of scripts that have no spaces.

    A wide gap (`lines.CELL_GAP`) stays.
    """
    return _joined(text.split(" "))


def running(text: str) -> str:
    """Without white space of any kind beside such characters; elsewhere one space remains of it."""
    return _joined(text.split())


def _joined(words: list[str]) -> str:
    parts: list[str] = []
    for word in words:
        if not word:
            continue
        if parts and not (_is_wide(parts[-1][-1]) or _is_wide(word[0])):
            parts.append(" ")
        parts.append(word)
    return "".join(parts)


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in ("W", "F")
