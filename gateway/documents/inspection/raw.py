"""What the bytes alone tell: where objects begin, which stand twice, and what lies outside."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gateway.documents.inspection.sighting import Sighting

_WHITE_SPACE: Final = b"\0\t\n\x0c\r "
# Possessive, as the digits below: nothing that is given back could make a match, and the place of a
# signature has ten thousand digits in a row.
_SPACES: Final = rb"[\0\t\n\x0c\r ]++"
# Whatever stands before the number: a table may name any byte.
_TOKEN: Final = re.compile(
    rb"(\d{1,10}+)" + _SPACES + rb"(\d{1,10}+)" + _SPACES + rb"obj(?![a-zA-Z])"
    rb"|(?<![a-zA-Z])stream(?:\r\n|\n|\r)"
    rb"|(?<![a-zA-Z])startxref(?![a-zA-Z])"
    rb"|(?<=[\0\t\n\x0c\r ])obj(?![a-zA-Z])"
)
_NEAR: Final = 64
_END: Final = re.compile(rb"[\0\t\n\x0c\r ]*endstream")
# A stream's dictionary stands before its data. What is longer than this is not taken for one, and
# then its data is looked through, which finds more and misses nothing.
_DICTIONARY_BYTES: Final = 65_536
_BETWEEN: Final = re.compile(rb"(?:[\0\t\n\x0c\r ]|%[^\r\n]*[\r\n])*")
_TEXT: Final = rb"\((?:[^()\\]|\\.|\((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*\))*\)"
_MARK: Final = re.compile(
    _TEXT
    + rb"|%[^\r\n]*[\r\n]|(?P<opens><<|\[)|(?P<closes>>>|\])|<[^<>]*>|(?P<half>[(%])"
    + rb"|/Length"
    + _SPACES
    + rb"(?P<length>\d{1,10})(?!\d|"
    + _SPACES
    + rb"\d+"
    + _SPACES
    + rb"R)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Header:
    """`7 0 obj` at a byte of the file, in the so-manyth part between two `startxref`."""

    number: int
    generation: int
    at: int
    part: int


def headers(document: bytes) -> Iterator[Header]:
    """Where objects begin. What looks like one within a stream is none."""
    position, part = 0, 0
    dictionary_from: int | None = None
    while (found := _TOKEN.search(document, position)) is not None:
        position = found.end()
        if found[1] is not None:
            dictionary_from = position
            yield Header(int(found[1]), int(found[2]), found.start(), part)
        elif found[0] == b"obj":
            # Comments may stand between the numbers and the word. Prose has a word before it.
            near = document[max(0, found.start() - _NEAR) : found.start()]
            before = near.rstrip(_WHITE_SPACE)
            between = near[len(before) :].strip(b"\0\t\x0c ")
            if not before or before[-1:].isdigit() or between:
                yield Header(0, 0, found.start(), part)
        elif found[0].startswith(b"startxref"):
            part += 1
        elif dictionary_from is not None:
            lengths = _lengths(document, dictionary_from, found.start())
            # In a text or a comment it begins none. One look an object keeps time linear.
            dictionary_from = None
            if lengths is not None:
                position = _end_of_stream(document, lengths, position)


def _lengths(document: bytes, start: int, end: int) -> list[int] | None:
    """The dictionary's own /Length, if it says one; None if there is not just a dictionary."""
    opening = _BETWEEN.match(document, start, end)
    if opening is None or document[opening.end() : opening.end() + 2] != b"<<":
        return None
    if end - start > _DICTIONARY_BYTES:
        return None
    depth, lengths = 0, list[int]()
    for mark in _MARK.finditer(document, opening.end(), end):
        if mark["half"]:
            return None
        if mark["length"] and depth == 1:
            lengths.append(int(mark["length"]))
        depth += bool(mark["opens"]) - bool(mark["closes"])
        if depth == 0:
            return lengths if _BETWEEN.fullmatch(document, mark.end(), end) else None
    return None


def _end_of_stream(document: bytes, lengths: list[int], data_at: int) -> int:
    if lengths:
        end = _END.match(document, data_at + lengths[-1])
        if end is not None:
            return end.end()
    end_at = document.find(b"endstream", data_at)
    return len(document) if end_at < 0 else end_at


def raw_sightings(document: bytes, listed: set[int]) -> Iterator[Sighting]:
    """What bytes-outside, duplicate-objects and (in no table) unreachable-objects are about.

    Args:
        document: a file that begins with %PDF- and has an %%EOF near its end.
        listed: the offsets that any cross-reference section of any revision names.
    """
    end = document.rfind(b"%%EOF") + len(b"%%EOF")
    behind = len(document[end:].strip(_WHITE_SPACE))
    if behind:
        yield Sighting("bytes-outside", f"{behind} bytes follow the last %%EOF")
    seen: dict[tuple[int, int], int] = {}
    for header in headers(document[:end]):
        key = header.part, header.number
        if key in seen:
            yield Sighting(
                "duplicate-objects",
                f"object {header.number} stands at byte {seen[key]} and again at {header.at}",
            )
        seen.setdefault(key, header.at)
        if header.at not in listed:
            yield Sighting(
                "unreachable-objects",
                f"object {header.number} at byte {header.at} is in no cross-reference table",
            )
