"""What the bytes alone tell: where objects begin, which stand twice, and what lies outside."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gateway.documents.inspection.sighting import Sighting

_WHITE_SPACE: Final = b"\0\t\n\x0c\r "
_SPACES: Final = rb"[\0\t\n\x0c\r ]+"
_TOKEN: Final = re.compile(
    rb"(?:^|(?<=[\0\t\n\x0c\r >\]);]))(\d{1,10})"
    + _SPACES
    + rb"(\d{1,5})"
    + _SPACES
    + rb"obj(?![a-zA-Z])"
    rb"|(?<![a-zA-Z])stream(?:\r\n|\n|\r)"
    rb"|(?<![a-zA-Z])startxref(?![a-zA-Z])"
)
_LENGTH: Final = re.compile(
    rb"/Length" + _SPACES + rb"(\d{1,10})(?!" + _SPACES + rb"\d+" + _SPACES + rb"R)"
)
_END: Final = re.compile(rb"[\0\t\n\x0c\r ]*endstream")
# A stream's dictionary stands before its data; a longer one is not searched for its length.
_DICTIONARY_BYTES: Final = 4096


@dataclass(frozen=True, slots=True)
class Header:
    """`7 0 obj` at a byte of the file, in the so-manyth part between two `startxref`."""

    number: int
    generation: int
    at: int
    part: int


def headers(document: bytes) -> Iterator[Header]:
    """Where objects begin. What looks like one within a stream is none."""
    position, part, dictionary_from = 0, 0, 0
    while (found := _TOKEN.search(document, position)) is not None:
        position = found.end()
        if found[1] is not None:
            dictionary_from = position
            yield Header(int(found[1]), int(found[2]), found.start(), part)
        elif found[0].startswith(b"startxref"):
            part += 1
        else:
            position = _end_of_stream(document, dictionary_from, found.start(), position)


def _end_of_stream(document: bytes, dictionary_from: int, keyword_at: int, data_at: int) -> int:
    start = max(dictionary_from, keyword_at - _DICTIONARY_BYTES)
    lengths = _LENGTH.findall(document, start, keyword_at)
    if lengths:
        end = _END.match(document, data_at + int(lengths[-1]))
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
