"""Every object of a document, and the certainty that there is nothing else in it.

Each byte of the file belongs to one object that the newest cross-references name, to a table with
its trailer, or to the space between. So nothing is hidden: no object that no table names, none
twice, nothing before the first or behind the last.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple, TypeVar

from gateway.documents.lean.document import LeanDocument
from gateway.documents.lean.doubt import InDoubtError
from gateway.documents.lean.tokens import BETWEEN, STRING, VALUE, integer

_MOST_OBJECTS = 20_000

_HEAD = re.compile(rb"%PDF-\d\.\d[\r\n ]*(?:%[^\r\n]*[\r\n]+)*[\r\n\t ]*")
_OBJECT = re.compile(
    rb"(\d{1,10}) 0 obj" + BETWEEN + rb"(" + VALUE + rb")" + BETWEEN + rb"(endobj|stream\r?\n)",
    re.DOTALL,
)
_PACKED = re.compile(BETWEEN + rb"(" + VALUE + rb")" + BETWEEN, re.DOTALL)
_END_OF_STREAM = re.compile(rb"[\r\n\t ]*endstream[\r\n\t ]+endobj")
_GAP = re.compile(rb"[\r\n\t \x00\x0c]*(?:%[^\r\n]*[\r\n]+[\r\n\t ]*)*")
_CLOSING = re.compile(rb"[\r\n\t ]*startxref[\r\n ]+\d+[\r\n ]+%%EOF[\r\n ]*")
_STRING = re.compile(STRING, re.DOTALL)
_COMMENT = re.compile(rb"%[^\r\n]*")
_LENGTH = re.compile(rb"/Length[\r\n\t ]+(\d+(?: 0 R)?)")

T = TypeVar("T")


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


class _Part(NamedTuple):
    """What begins at an offset of the file: an object, or (number -1) a table that ends."""

    at: int
    number: int
    end: int


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
    tables = [_Part(each.start, -1, each.end) for each in sections if each.widths is None]
    parts = sorted([*(_Part(at, number, 0) for number, at in plain.items()), *tables])
    starts = {section.start for section in sections}
    _require(starts <= {part.at for part in parts} or None)
    _require(_HEAD.fullmatch(document, 0, parts[0].at))
    for part, after in zip(parts, [*parts[1:], None], strict=True):
        until = len(document) if after is None else after.at
        if part.number < 0:
            _require(_CLOSING.fullmatch(document, part.end, until))
            continue
        found = _require(_OBJECT.match(document, part.at, until))
        if int(found[1]) != part.number:
            raise InDoubtError("cross-references", "another object")
        raw, closed, data = found[2], found.end(), None
        if found[3] != b"endobj":
            data = closed, closed + _length_of(lean, raw)
            closed = _require(_END_OF_STREAM.match(document, data[1], until)).end()
        # A linearised file's first section is often not followed by a startxref.
        if part.at not in starts or _CLOSING.fullmatch(document, closed, until) is None:
            _require(_GAP.fullmatch(document, closed, until))
            _require(after)
        yield Seen(part.number, raw, _text_of(raw), data)
        if data is not None and b"/ObjStm" in raw:
            yield from _packed(lean, part.number)


def _packed(lean: LeanDocument, container: int) -> Iterator[Seen]:
    stream = lean.object_stream(container)
    if stream.offsets != sorted(stream.offsets):
        raise InDoubtError("object-streams", "out of order")
    ends = [*stream.offsets[1:], len(stream.data)]
    for index, number in enumerate(stream.numbers):
        if lean.references.find(number) != (container, index):
            raise InDoubtError("object-streams", "an object that is elsewhere")
        found = _require(_PACKED.fullmatch(stream.data, stream.offsets[index], ends[index]))
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
