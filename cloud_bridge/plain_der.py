"""Whether bytes are written as DER writes them (X.690 §10, §11), as far as a container needs it."""

from collections.abc import Iterator
from typing import Final

_CONSTRUCTED: Final = 0x20
_LONG_TAG: Final = 0x1F
_SET: Final = 0x31
_LONG: Final = 0x80
_MOST_LENGTH_BYTES: Final = 4
_DEEPEST: Final = 16


def is_plain_der(encoded: bytes) -> bool:
    """Whether it is one value, of lengths in their shortest form and sets in their order.

    The outermost may stand under an implicit tag: it is a set. False also where it is DER of a form
    that nobody needs: tags of several bytes, more than sixteen levels.
    """
    try:
        return _is_plain(encoded, 0, len(encoded), depth=0, is_set=True)
    except IndexError:
        return False


def _is_plain(encoded: bytes, start: int, end: int, *, depth: int, is_set: bool) -> bool:
    """The one value from `start`, which has to end at `end`."""
    content, after = _content(encoded, start)
    if after != end or encoded[start] & _LONG_TAG == _LONG_TAG or depth > _DEEPEST:
        return False
    if not encoded[start] & _CONSTRUCTED:
        return True
    parts = list(_parts(encoded, content, end))
    if not parts and content != end:
        return False
    written = [encoded[first:last] for first, last in parts] if is_set else []
    return written == sorted(written) and all(
        _is_plain(encoded, first, last, depth=depth + 1, is_set=encoded[first] == _SET)
        for first, last in parts
    )


def _parts(encoded: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Where each value within begins and ends; none where the last would end beyond."""
    found = []
    while start < end:
        _, after = _content(encoded, start)
        found.append((start, after))
        start = after
    yield from found if start == end else ()


def _content(encoded: bytes, start: int) -> tuple[int, int]:
    """Where the content of a value begins and ends; IndexError: its length is not the shortest."""
    first = encoded[start + 1]
    if first < _LONG:
        return start + 2, start + 2 + first
    count = first - _LONG
    written = encoded[start + 2 : start + 2 + count]
    length = int.from_bytes(written)
    if not 0 < count <= _MOST_LENGTH_BYTES or len(written) != count or not written[0]:
        raise IndexError(start)
    if length < _LONG:
        raise IndexError(start)
    return start + 2 + count, start + 2 + count + length
