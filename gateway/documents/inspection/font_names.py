"""The fonts that content names (`/F 12 Tf`, §9.3.1), found without taking content apart."""

import re
from collections.abc import Iterator
from typing import Final

KINDS: Final = ("MMType1", "TrueType", "Type0", "Type1", "Type3")
"""/Subtype of what every reader takes for a font."""

_SPACE: Final = rb"[\x00\t\n\x0c\r ]"
_REGULAR: Final = rb"[^\x00\t\n\x0c\r ()<>\[\]{}/%]"
# Behind a digit, too: of `12Tf` some readers make a number and an operator, and others one word.
_SETS: Final = re.compile(rb"Tf(?<![^\x00\t\n\x0c\r ()<>\[\]{}/%0-9.+-]Tf)(?!" + _REGULAR + rb")")
_NAMES: Final = re.compile(
    rb"/("
    + _REGULAR
    + rb"++)"
    + _SPACE
    + rb"++[-+.0-9]++"
    + _SPACE
    + rb"++Tf(?!"
    + _REGULAR
    + rb")"
)
_ESCAPE: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
LEFT_OF_TEXTS: Final = re.compile(rb"[()%]")
"""What stands nowhere but in texts, comments and pictures."""
_DEEPEST: Final = 6
_BEGINS: Final = re.compile(rb"[(%]")
_COMMENT: Final = re.compile(rb"%[^\r\n]*+")
_IN_TEXT: Final = re.compile(rb"[()]|\\.", re.DOTALL)
_MOST_IN_VAIN: Final = 4 << 20
"""Bytes that are gone through for ends that are not there; what follows then stays as it is."""


def _text_down_to(depth: int) -> bytes:
    """A text, whose brackets stand in pairs, or behind backslashes (§7.3.4.2)."""
    within = b"" if depth == 0 else rb"|" + _text_down_to(depth - 1)
    return rb"\((?:[^()\\]|\\." + within + rb")*+\)"


_ASIDE: Final = re.compile(_text_down_to(_DEEPEST) + rb"|%[^\r\n]*+", re.DOTALL)


def fonts_named_by(content: bytes) -> frozenset[bytes] | None:
    """The names of fonts, without their slash; None: readers may find others.

    Args:
        content: of a page, a form, a pattern or a character.
    """
    found = _named(content)
    if found is not None:
        return found
    rest = without_texts(content)
    # What is left of a text, or a comment within one, may hide what readers see.
    return None if has_left_of_texts(rest) else _named(rest)


def has_left_of_texts(content: bytes) -> bool:
    """Whether `LEFT_OF_TEXTS` is found; by bytes' own search, thirty times as fast."""
    return b"(" in content or b")" in content or b"%" in content


def without_texts(content: bytes) -> bytes:
    """The same without what its texts and comments say."""
    if content.count(b"\\(") * len(content) > _MOST_IN_VAIN:
        return b" ".join(_between_texts(content))
    has_any = b"(" in content or b"%" in content
    return _ASIDE.sub(b" ", content) if has_any else content


def _between_texts(content: bytes) -> Iterator[bytes]:
    """By hand: within a text without an end the expression begins anew at each bracket."""
    at = in_vain = 0
    while in_vain < _MOST_IN_VAIN and (found := _BEGINS.search(content, at)) is not None:
        begins = found.start()
        end, is_whole = _end_of_aside(content, begins)
        yield content[at : begins if is_whole else begins + 1]
        at = end if is_whole else begins + 1
        in_vain += 0 if is_whole else end - begins
    yield content[at:]


def _end_of_aside(content: bytes, begins: int) -> tuple[int, bool]:
    """Where a text or comment ends, or where that was given up; and whether it ends there."""
    whole = _COMMENT.match(content, begins)
    if whole is not None:
        return whole.end(), True
    depth = 0
    for found in _IN_TEXT.finditer(content, begins):
        depth += {b"(": 1, b")": -1}.get(found[0], 0)
        if depth == 0 or depth > _DEEPEST + 1:
            return found.end(), depth == 0
    return len(content), False


def _named(content: bytes) -> frozenset[bytes] | None:
    names = _NAMES.findall(content)
    if len(names) != len(_SETS.findall(content)):
        return None
    return frozenset(_ESCAPE.sub(_unescaped, name) if b"#" in name else name for name in set(names))


def _unescaped(found: re.Match[bytes]) -> bytes:
    return bytes([int(found[1], 16)])
