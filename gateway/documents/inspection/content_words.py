"""Words of content (§7.8.2) that readers take otherwise, found without taking content apart.

Where it restores the graphics state more often than it saves it (`q` and `Q`, §8.4.2), poppler
shows nothing of what follows, and pdfium (Chrome) all of it. Where letters follow a number at once
(`-900Td`, `1e3`), poppler and others have a number and an operator, and pdfium one word. pdfium
shows a name where a text should be (`/A Tj`), and text of way `3.5 Tr` is seen in poppler alone.
"""

import re
from collections.abc import Iterator
from typing import Final

from gateway.documents.inspection.font_names import (
    LEFT_OF_TEXTS,
    has_left_of_texts,
    without_texts,
)

_REGULAR: Final = rb"[^\x00\t\n\x0c\r ()<>\[\]{}/%]"
_ENDS: Final = b"\x00\t\n\x0c\r ()<>[]{}/%"
# By bytes' own methods: Chromium draws its letters by a quarter of a megabyte of content.
_STATES: Final = bytes(
    ord(" ") if each in _ENDS else each if each in b"qQ" else ord("x") for each in range(256)
)
_KINDS: Final = (
    bytes(
        ord("0")
        if chr(each) in "0123456789."
        else ord("a")
        if chr(each).isalpha() or each in b"'\""
        else ord(" ")
        for each in range(128)
    )
    + b" " * 128
)
_GLUED: Final = re.compile(rb"[0-9.][A-Za-z'\"]")
_NUMBER: Final = re.compile(rb"(?:[\x00\t\n\x0c\r ()<>\[\]{}%]|\A)[-+.0-9]+\Z")
_NAMED: Final = re.compile(
    rb"/" + _REGULAR + rb"*+[\x00\t\n\x0c\r ]++(?:T[jJ]|['\"])(?!" + _REGULAR + rb")"
)
_WAY: Final = re.compile(rb"Tr(?<=[\x00\t\n\x0c\r ]Tr)(?!" + _REGULAR + rb")")
_WAYS: Final = re.compile(rb"(?:\A|[^-+.0-9])[0-7][\x00\t\n\x0c\r ]+\Z")
_LONGEST_NUMBER: Final = 40
_HEX: Final = re.compile(rb"<[0-9A-Fa-f\x00\t\n\x0c\r ]*+>")
_BEGINS: Final = b"BI"
_BI: Final = re.compile(rb"BI(?<!" + _REGULAR + rb"BI)(?=[\x00\t\n\x0c\r /])")
_ID: Final = re.compile(rb"ID(?<=[\x00\t\n\x0c\r ]ID)(?=[\x00\t\n\x0c\r ])")
_EI: Final = re.compile(rb"EI(?<=[\x00\t\n\x0c\r ]EI)(?!" + _REGULAR + rb")")


def taken_otherwise(content: bytes) -> str:
    """What about content some readers take otherwise, in words; empty: nothing was found.

    Args:
        content: of a page, a form, a pattern or a character.
    """
    for bare in _without_texts_and_pictures(content):
        if _restores_too_often(bare):
            return "restores the graphics state more often than it saves it"
        if _has_letters_at_a_number(_HEX.sub(b" ", bare) if b"<" in bare else bare):
            return "has a number that letters follow at once"
        if _NAMED.search(bare) is not None:
            return "shows a name as if it were a text"
        if not all(_WAYS.search(bare[max(0, at - _LONGEST_NUMBER) : at]) for at in _ways(bare)):
            return "draws text in no way that there is"
        if has_left_of_texts(bare):
            return "has a text or comment of which nobody can say where it ends"
        # The first is without pictures; whether a text is left in the second, one cannot say.
    return ""


def _without_texts_and_pictures(content: bytes) -> Iterator[bytes]:
    """A text may look like a picture, and what a picture is of like the beginning of a text."""
    if _BEGINS not in content:
        yield without_texts(content)
        return
    yield without_texts(_without_pictures(content))
    rest = without_texts(content)
    yield LEFT_OF_TEXTS.sub(b" ", _without_pictures(rest))


def _without_pictures(content: bytes) -> bytes:
    """In one pass: one expression for all of a picture looks for its end from each beginning."""
    kept, at = list[bytes](), 0
    while (
        (begins := _BI.search(content, at))
        and (data := _ID.search(content, begins.end()))
        and (ends := _EI.search(content, data.end()))
    ):
        kept.append(content[at : begins.start()])
        at = ends.end()
    return b" ".join([*kept, content[at:]])


def _ways(content: bytes) -> Iterator[int]:
    """Where it is set how text is drawn (`Tr`, §9.3.6)."""
    return (found.start() for found in _WAY.finditer(content))


def _has_letters_at_a_number(content: bytes) -> bool:
    if b"0a" not in content.translate(_KINDS):
        return False
    # Whether it is a number is looked at from behind: most of these are within names.
    return any(
        _NUMBER.search(content[max(0, found.start() + 1 - _LONGEST_NUMBER) : found.start() + 1])
        for found in _GLUED.finditer(content)
    )


def _restores_too_often(content: bytes) -> bool:
    if b"Q" not in content:
        return False
    words = b" %b " % content.translate(_STATES)
    words = words.replace(b" ", b"  ")  # no two words share one
    depth = at = 0
    while (found := words.find(b" Q ", at)) >= 0:
        depth += words.count(b" q ", at, found + 1) - 1
        if depth < 0:
            return True
        at = found + 2
    return False
