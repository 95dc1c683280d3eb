"""Just enough of PDF's syntax to cut a dictionary into its entries (ISO 32000-2 §7.2, §7.3).

Values stay the bytes that they were. Whoever changes one entry of a dictionary writes all others
back as they stood, so nothing is lost that this room does not understand.
"""

import mmap
import re

from gateway.documents.lean.doubt import InDoubtError

Buffer = bytes | mmap.mmap
"""A document, or what a stream of it unpacks to."""

Dictionary = dict[bytes, bytes]
"""Entries by name, slash included, in their order; values raw, without space around them."""

_MOST_TOKENS = 50_000
_DEEPEST = 64

_SPACE = rb"[\x00\t\n\x0c\r ]"
_REGULAR = rb"[^\x00\t\n\x0c\r ()<>\[\]{}/%]"
_BETWEEN = rb"(?:" + _SPACE + rb"|%[^\r\n]*+)*+"
_TOKEN = re.compile(
    _BETWEEN
    + rb"(?:(<<|\[)|(>>|\])|(/" + _REGULAR + rb"*+)"
    + rb"|(\d++" + _SPACE + rb"++\d++" + _SPACE + rb"++R(?!" + _REGULAR + rb"))"
    + rb"|(" + _REGULAR + rb"++)"
    + rb"|(\([^()\\]*+(?:\\.[^()\\]*+)*+\))"
    + rb"|(<[0-9A-Fa-f\x00\t\n\x0c\r ]*+>))",
    re.DOTALL,
)  # fmt: skip
_OPENS, _CLOSES, _NAME = 1, 2, 3
_CLOSING = {b"<<": b">>", b"[": b"]"}
_BEYOND = re.compile(_BETWEEN)
_REFERENCE = re.compile(rb"(\d{1,10})" + _SPACE + rb"+(\d{1,5})" + _SPACE + rb"+R")
_NUMBER = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)")
_INTEGER = re.compile(rb"[+-]?\d{1,18}")


def read_dictionary(buffer: Buffer, at: int) -> tuple[Dictionary, int]:
    """The dictionary that begins at an offset (after space), and the offset behind it.

    Raises:
        InDoubtError: it is none, or has a key twice, a name in escapes, or a string within parts.
    """
    token = _TOKEN.match(buffer, at)
    if token is None or token[_OPENS] != b"<<":
        raise InDoubtError("syntax", f"no dictionary at {at}")
    entries: Dictionary = {}
    end = token.end()
    while True:
        token = _TOKEN.match(buffer, end)
        if token is None:
            raise InDoubtError("syntax", f"no token at {end}")
        if token[_CLOSES] == b">>":
            return entries, token.end()
        key = token[_NAME]
        if key is None or b"#" in key or key in entries:
            raise InDoubtError("syntax", f"no key, or one twice or escaped, at {end}")
        start, end = read_value(buffer, token.end())
        entries[key] = buffer[start:end]


def read_array(raw: bytes) -> list[bytes]:
    """The elements of an array, raw.

    Raises:
        InDoubtError: it is no array.
    """
    token = _TOKEN.match(raw)
    if token is None or token[_OPENS] != b"[":
        raise InDoubtError("syntax", "no array")
    elements: list[bytes] = []
    end = token.end()
    while True:
        token = _TOKEN.match(raw, end)
        if token is not None and token[_CLOSES] == b"]":
            return elements
        start, end = read_value(raw, end)
        elements.append(raw[start:end])


def read_value(buffer: Buffer, at: int) -> tuple[int, int]:
    """Where the value after an offset begins and ends.

    Raises:
        InDoubtError: there is none.
    """
    token = _TOKEN.match(buffer, at)
    if token is None or token.lastindex == _CLOSES:
        raise InDoubtError("syntax", f"no value at {at}")
    start, end = token.start(token.lastindex or 0), token.end()
    if token.lastindex != _OPENS:
        return start, end
    open_ = [_CLOSING[token[_OPENS]]]
    for _ in range(_MOST_TOKENS):
        token = _TOKEN.match(buffer, end)
        if token is None:
            break
        end = token.end()
        if token.lastindex == _OPENS:
            open_.append(_CLOSING[token[_OPENS]])
            if len(open_) > _DEEPEST:
                break
        elif token.lastindex == _CLOSES:
            if token[_CLOSES] != open_.pop():
                break
            if not open_:
                return start, end
    raise InDoubtError(
        "syntax", f"the value at {start} does not end as it began, or is nested too deeply"
    )


def skip_space(buffer: Buffer, at: int) -> int:
    """The offset of what comes after space and comments."""
    beyond = _BEYOND.match(buffer, at)
    return at if beyond is None else beyond.end()


def reference(raw: bytes) -> tuple[int, int] | None:
    """Number and generation of an indirect reference; None when it is something else."""
    found = _REFERENCE.fullmatch(raw)
    return None if found is None else (int(found[1]), int(found[2]))


def integer(raw: bytes | None) -> int:
    """The value of a whole number.

    Raises:
        InDoubtError: it is missing, or none.
    """
    if raw is None or _INTEGER.fullmatch(raw) is None:
        raise InDoubtError("syntax", f"{raw!r:.40} is no whole number")
    return int(raw)


def number(raw: bytes) -> float:
    """The value of a number.

    Raises:
        InDoubtError: it is none.
    """
    if _NUMBER.fullmatch(raw) is None:
        raise InDoubtError("syntax", f"{raw!r:.40} is no number")
    return float(raw)


def written(entries: Dictionary) -> bytes:
    """The dictionary as it goes into a file."""
    return b"<<\n%b>>" % b"".join(b"%b %b\n" % entry for entry in entries.items())
