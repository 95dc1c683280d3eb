"""Just enough of PDF's syntax to cut a dictionary into its entries (ISO 32000-2 §7.2, §7.3).

Values stay the bytes that they were. Whoever changes one entry of a dictionary writes all others
back as they stood, so nothing is lost that this room does not understand.

One regular expression knows the whole grammar of a value down to a fixed depth, so that the
reading is done by the expression engine and not, token by token, by Python. At every position at
most one alternative fits, so it neither guesses nor runs wild.

Each level doubles an expression and the time that it takes to compile. So the shallow one of a pair
is tried first, which is there from the start and fits what most documents have; the deep one is
compiled when it is first needed. Where the shallow one fits, the deep one fits the same bytes.
"""

import re
from collections.abc import Iterable
from functools import cache

from gateway.documents.lean.doubt import InDoubtError

Dictionary = dict[bytes, bytes]
"""Entries by name, slash included, in their order; values raw, without space around them."""

DEEPEST = 5
"""How deep values may be nested."""
SHALLOW = 3
"""How deep those of most documents are: a page's resources, their fonts, a reference to each."""

# Possessive quantifiers stand behind single sets of characters only: around groups they are broken
# before Python 3.11.5 (gh-106052), and Debian 12 has 3.11.2.

_REGULAR = rb"[^\x00-\x20\x7f-\xff()<>\[\]{}/%]"  # of other names than ASCII others judge
SPACE = rb"[\x00\t\n\x0c\r ]*+"
BETWEEN = SPACE + rb"(?:%[^\r\n]*+[\r\n]" + SPACE + rb")*"
NAME = rb"/" + _REGULAR + rb"*+"


def _string_down_to(depth: int) -> bytes:
    """A string; brackets within it stand in pairs or behind backslashes (§7.3.4.2)."""
    escape = rb"\\[nrtbf()\\0-7\r\n]"
    within = escape if depth == 0 else rb"(?:" + escape + rb"|" + _string_down_to(depth - 1) + rb")"
    return rb"\([^()\\]*+(?:" + within + rb"[^()\\]*+)*\)"


STRING = _string_down_to(2)
"""A string, as an expression; to be compiled with re.DOTALL."""

# A number that ` 0 R` follows is a reference; every other start of a token tells what it is. No two
# alternatives MUST fit one text: where a match fails at last, each such text would double the time.
# Of longer numbers readers make different things (qpdf has 64 bits); of an object 0, too.
_DIGITS = rb"(?!0++ 0 R)\d{1,18}+"
_SCALAR = (
    NAME
    + rb"|" + _DIGITS + rb"(?: 0 R|\.\d*+)?(?!" + _REGULAR + rb")"
    + rb"|(?:[+-](?:" + _DIGITS + rb"(?:\.\d*+)?|\.\d++)|\.\d++)(?!" + _REGULAR + rb")"
    + rb"|" + STRING
    + rb"|<[0-9A-Fa-f\x00\t\n\x0c\r ]*+>"
    + rb"|(?:true|false|null)(?!" + _REGULAR + rb")"
)  # fmt: skip


def value_down_to(depth: int, between: bytes) -> bytes:
    """A whole value, nested at most so deep, as an expression; to be compiled with re.DOTALL.

    Args:
        depth: each level doubles the expression.
        between: what may stand between tokens: `BETWEEN`, or `SPACE` where comments are not seen.
    """
    if depth == 0:
        return _SCALAR
    inner = value_down_to(depth - 1, between)
    return (
        _SCALAR
        + rb"|<<" + between
        + rb"(?:" + NAME + between + rb"(?:" + inner + rb")" + between + rb")*>>"
        + rb"|\[" + between + rb"(?:(?:" + inner + rb")" + between + rb")*\]"
    )  # fmt: skip


VALUE = value_down_to(DEEPEST, BETWEEN)
"""A whole value, as an expression; to be compiled with re.DOTALL."""


# Cached, so that each is compiled when it is first asked for.
@cache
def _value(depth: int) -> re.Pattern[bytes]:
    return re.compile(BETWEEN + rb"(" + value_down_to(depth, BETWEEN) + rb")", re.DOTALL)


@cache
def _entry(depth: int) -> re.Pattern[bytes]:
    value = value_down_to(depth - 1, BETWEEN)
    return re.compile(rb"(" + NAME + rb")" + BETWEEN + rb"(" + value + rb")" + BETWEEN, re.DOTALL)


@cache
def _element(depth: int) -> re.Pattern[bytes]:
    return re.compile(rb"(" + value_down_to(depth - 1, BETWEEN) + rb")" + BETWEEN, re.DOTALL)


_ENTRY = _entry(SHALLOW)
_ELEMENT = _element(SHALLOW)
_OPENS = re.compile(BETWEEN + rb"(<<|\[)" + BETWEEN)
_BEYOND = re.compile(BETWEEN)
_REFERENCE = re.compile(rb"(\d{1,10}) 0 R")
_NUMBER = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)")
_INTEGER = re.compile(rb"[+-]?\d{1,18}")


def read_dictionary(buffer: bytes, at: int = 0) -> tuple[Dictionary, int]:
    """The dictionary that begins at an offset (after space), and the offset behind it.

    Raises:
        InDoubtError: it is none, or is deep, or has a key twice or in escapes, or holds what is
            rarely seen: a name of other than ASCII characters, a reference to a later generation.
    """
    opens = _OPENS.match(buffer, at)
    if opens is None or opens[1] != b"<<":
        raise InDoubtError("syntax", f"no dictionary at {at}")
    entries: Dictionary = {}
    end = opens.end()
    while buffer[end : end + 1] == b"/":
        entry = _ENTRY.match(buffer, end) or _entry(DEEPEST).match(buffer, end)
        if entry is None:
            break
        key, value = entry.groups()
        if b"#" in key or key in entries:
            raise InDoubtError("syntax", f"a key twice or in escapes at {end}")
        entries[key] = value
        end = entry.end()
    if buffer[end : end + 2] != b">>":
        raise InDoubtError("syntax", f"no entry at {end}")
    return entries, end + 2


def read_array(raw: bytes) -> list[bytes]:
    """The elements of an array, raw.

    Raises:
        InDoubtError: it is no array.
    """
    opens = _OPENS.match(raw)
    if opens is None or opens[1] != b"[":
        raise InDoubtError("syntax", "no array")
    elements: list[bytes] = []
    end = opens.end()
    while raw[end : end + 1] != b"]":
        element = _ELEMENT.match(raw, end) or _element(DEEPEST).match(raw, end)
        if element is None:
            raise InDoubtError("syntax", f"no element at {end}")
        elements.append(element[1])
        end = element.end()
    return elements


def refuse_twins(raw: bytes) -> None:
    """Look at each dictionary within a value by itself.

    Raises:
        InDoubtError: one has a key twice.
    """
    if b"<<" not in raw:
        return
    within: Iterable[bytes] = ()
    if raw[:2] == b"<<":
        within = read_dictionary(raw)[0].values()
    elif raw[:1] == b"[":
        within = read_array(raw)
    for each in within:
        refuse_twins(each)


def read_value(buffer: bytes, at: int) -> tuple[int, int]:
    """Where the value after an offset begins and ends.

    Raises:
        InDoubtError: there is none.
    """
    value = _value(SHALLOW).match(buffer, at) or _value(DEEPEST).match(buffer, at)
    if value is None:
        raise InDoubtError("syntax", f"no value at {at}")
    return value.span(1)


def skip_space(buffer: bytes, at: int) -> int:
    """The offset of what comes after space and comments."""
    beyond = _BEYOND.match(buffer, at)
    return at if beyond is None else beyond.end()


def reference(raw: bytes) -> int | None:
    """The number of the object that an indirect reference names; None when it is none."""
    found = _REFERENCE.fullmatch(raw)
    return None if found is None else int(found[1])


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
