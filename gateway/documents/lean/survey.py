"""Every object of a document, and the certainty that there is nothing else in it.

Each byte of the file belongs to one object that the newest cross-references name, to a table with
its trailer, or to the space between. So nothing is hidden: no object that no table names, none
twice, nothing before the first or behind the last.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple, TypeVar

from gateway.documents.lean.document import LeanDocument
from gateway.documents.lean.doubt import InDoubtError
from gateway.documents.lean.tokens import (
    BETWEEN,
    DEEPEST,
    SPACE,
    STRING,
    VALUE,
    integer,
    value_down_to,
)

_MOST_OBJECTS = 20_000

_HEAD = re.compile(rb"%PDF-\d\.\d[\r\n ]*(?:%[^\r\n]*[\r\n]+)*[\r\n\t ]*")
_NAMED = rb"(\d{1,10}) 0 obj"
_ENDING = rb"(endobj|stream\r?\n)"
_OBJECT = re.compile(
    _NAMED + SPACE + rb"(" + value_down_to(DEEPEST, SPACE) + rb")" + SPACE + _ENDING, re.DOTALL
)
_END_OF_STREAM = re.compile(rb"[\r\n\t ]*endstream[\r\n\t ]+endobj")
_GAP = re.compile(rb"[\r\n\t \x00\x0c]*(?:%[^\r\n]*[\r\n]+[\r\n\t ]*)*")
_CLOSING = re.compile(rb"[\r\n\t ]*startxref[\r\n ]+\d+[\r\n ]+%%EOF[\r\n ]*")
_STRING = re.compile(STRING, re.DOTALL)
_COMMENT = re.compile(rb"%[^\r\n]*")
_LENGTH = re.compile(rb"/Length[\r\n\t ]+(\d+(?: 0 R)?)")

T = TypeVar("T")


# Large expressions take long to compile, and most documents do without these two.
@cache
def _object_with_comments() -> re.Pattern[bytes]:
    return re.compile(_NAMED + BETWEEN + rb"(" + VALUE + rb")" + BETWEEN + _ENDING, re.DOTALL)


@cache
def _packed_value() -> re.Pattern[bytes]:
    return re.compile(BETWEEN + rb"(" + VALUE + rb")" + BETWEEN, re.DOTALL)


class Seen(NamedTuple):
    """An object.

    Attributes:
        number: its number.
        raw: its value as it stands; of a stream, the dictionary.
        text: the same without what stands in strings and comments.
        data: where a stream's data is in the file, from and to.
    """

    number: int
    raw: bytes
    text: bytes
    data: tuple[int, int] | None


def survey(lean: LeanDocument) -> dict[int, Seen]:
    """Every object by its number.

    Raises:
        InDoubtError: something is in the file that this does not account for.
    """
    plain: dict[int, int] = {}
    packed: set[int] = set()
    for section in lean.references.sections:
        for number, entry in section.in_use():
            if number in plain or number in packed:
                raise InDoubtError("cross-references", "an object in two sections")
            if isinstance(entry, int):
                plain[number] = entry
            else:
                packed.add(number)
    if len(plain) + len(packed) > _MOST_OBJECTS:
        raise InDoubtError("syntax", "too many objects")
    if max(plain.keys() | packed) >= integer(lean.references.trailer.get(b"/Size")):
        raise InDoubtError("cross-references", "an object beyond the /Size")
    objects = {seen.number: seen for seen in _objects(lean, plain)}
    if objects.keys() != plain.keys() | packed:
        raise InDoubtError("object-streams", "an object that is listed and not there")
    return objects


def _objects(lean: LeanDocument, plain: dict[int, int]) -> Iterator[Seen]:
    document, sections = lean.bytes, lean.references.sections
    tables = [(each.start, -1, each.end) for each in sections if each.widths is None]
    parts = sorted([*((at, number, 0) for number, at in plain.items()), *tables])
    starts = {section.start for section in sections}
    if not starts <= {at for at, _, _ in parts}:
        raise InDoubtError("cross-references", "a section that is in no table")
    _require(_HEAD.fullmatch(document, 0, parts[0][0]))
    ends = [*(at for at, _, _ in parts[1:]), len(document)]
    for (at, number, table_end), until in zip(parts, ends, strict=True):
        if number < 0:
            _require(_CLOSING.fullmatch(document, table_end, until))
            continue
        found = _OBJECT.match(document, at, until) or _require(
            _object_with_comments().match(document, at, until)
        )
        named, raw, ending = found.groups()
        if int(named) != number:
            raise InDoubtError("cross-references", "another object")
        closed, data = found.end(), None
        if ending != b"endobj":
            data = closed, closed + _length_of(lean, raw)
            closed = _require(_END_OF_STREAM.match(document, data[1], until)).end()
        if not _ends_well(document, closed, until, at_section=at in starts):
            raise InDoubtError("syntax", f"something is behind object {number}")
        yield Seen(number, raw, _text_of(raw), data)
        if data is not None and b"/ObjStm" in raw:
            yield from _packed(lean, number)


def _ends_well(document: bytes, closed: int, until: int, *, at_section: bool) -> bool:
    """Whether nothing but space is between an object and what follows it, or the file's end."""
    if at_section and _CLOSING.fullmatch(document, closed, until) is not None:
        return True
    # Only a linearised file's first section may lack its startxref.
    if until == len(document):
        return False
    return document[closed:until] == b"\n" or _GAP.fullmatch(document, closed, until) is not None


def _packed(lean: LeanDocument, container: int) -> Iterator[Seen]:
    stream = lean.object_stream(container)
    if stream.offsets != sorted(stream.offsets):
        raise InDoubtError("object-streams", "out of order")
    ends = [*stream.offsets[1:], len(stream.data)]
    for index, number in enumerate(stream.numbers):
        if lean.references.find(number) != (container, index):
            raise InDoubtError("object-streams", "an object that is elsewhere")
        found = _require(_packed_value().fullmatch(stream.data, stream.offsets[index], ends[index]))
        yield Seen(number, found[1], _text_of(found[1]), None)


def _text_of(raw: bytes) -> bytes:
    text = _STRING.sub(b"()", raw) if b"(" in raw else raw
    return _COMMENT.sub(b"", text) if b"%" in text else text


def _length_of(lean: LeanDocument, dictionary: bytes) -> int:
    found = _LENGTH.findall(dictionary)
    if len(found) != 1:
        raise InDoubtError("syntax", "no /Length, or several")
    return integer(lean.value(found[0]))


def _require(found: T | None) -> T:
    if found is None:
        raise InDoubtError("syntax", "something between or within objects is unusual")
    return found
