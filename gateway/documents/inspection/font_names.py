"""The fonts that content names (`/F 12 Tf`, §9.3.1), found without taking content apart."""

import re
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
    return None if LEFT_OF_TEXTS.search(rest) is not None else _named(rest)


def without_texts(content: bytes) -> bytes:
    """The same without what its texts and comments say."""
    has_any = b"(" in content or b"%" in content
    return _ASIDE.sub(b" ", content) if has_any else content


def _named(content: bytes) -> frozenset[bytes] | None:
    names = _NAMES.findall(content)
    if len(names) != len(_SETS.findall(content)):
        return None
    return frozenset(_ESCAPE.sub(_unescaped, name) if b"#" in name else name for name in names)


def _unescaped(found: re.Match[bytes]) -> bytes:
    return bytes([int(found[1], 16)])
