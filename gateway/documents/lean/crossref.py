"""Cross-reference tables and streams, newest first (ISO 32000-2 §7.5.4, §7.5.8)."""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

from gateway.documents.lean.doubt import InDoubtError
from gateway.documents.lean.tokens import (
    Dictionary,
    integer,
    read_array,
    read_dictionary,
    skip_space,
)
from gateway.revisions.tables import LARGEST_SIZE, WIDEST

Entry = int | tuple[int, int]
"""Where an object is: its offset, or the number of an object stream and the index in it."""

_TAIL_BYTES = 1024
_MOST_SECTIONS = 64
_MOST_SUBSECTIONS = 256  # of all sections: each is looked through for each object
_LARGEST_SECTION = 32 * 1024 * 1024

_END = re.compile(rb"(?<=[\r\n])startxref[\r\n ]+(\d{1,12})[\r\n ]+%%EOF[\r\n ]*\Z")
_OBJECT = re.compile(rb"(\d{1,10}) 0 obj(?![^\x00\t\n\x0c\r ()<>\[\]{}/%])")
_TABLE = re.compile(rb"xref[\r\n ]+")
_SUBSECTION = re.compile(rb"(\d{1,10}) (\d{1,10})[ \r\n]+")
_LINES = re.compile(rb"(?:\d{10} (?:00000 n|\d{5} f)(?: \r| \n|\r\n))*+")
_TRAILER = re.compile(rb"trailer(?=[\x00\t\n\x0c\r <])")
_LINE_BYTES = 20
_IN_USE = ord("n")


class _Subsection(NamedTuple):
    """A run of objects, and where in `_Rows.data` the row of the first is."""

    first: int
    length: int
    at: int


@dataclass(frozen=True, slots=True)
class Section:
    """One cross-reference section. A row is read when somebody asks for it, not before.

    Attributes:
        start: its offset.
        end: the offset behind its trailer, or behind the stream's `endobj`.
        trailer: its trailer, or the stream's dictionary.
        widths: of a stream's fields in bytes; None for a table.
        rows: what holds the rows: the document, or what the stream unpacks to.
        subsections: the runs of objects.
    """

    start: int
    end: int
    trailer: Dictionary
    widths: tuple[int, int, int] | None
    rows: bytes
    subsections: tuple[_Subsection, ...]

    def find(self, number: int) -> Entry | Literal["free"] | None:
        """Where the section has an object; None when it does not speak of it."""
        for first, length, at in self.subsections:
            if first <= number < first + length:
                return self._row(at, number - first)
        return None

    def in_use(self) -> Iterator[tuple[int, Entry]]:
        """Every object that the section has, by number."""
        for first, length, at in self.subsections:
            if self.widths is None:
                block = self.rows[at : at + length * _LINE_BYTES]
                kinds = block[17::_LINE_BYTES]
                for index in range(length):
                    if kinds[index] == _IN_USE:
                        start = index * _LINE_BYTES
                        yield first + index, int(block[start : start + 10])
                continue
            for index in range(length):
                entry = self._row(at, index)
                if entry != "free":
                    yield first + index, entry

    def _row(self, at: int, index: int) -> Entry | Literal["free"]:
        if self.widths is None:
            at += index * _LINE_BYTES
            line = self.rows[at : at + _LINE_BYTES]  # as `_LINES` has it
            return int(line[:10]) if line[17:18] == b"n" else "free"
        one, two, three = self.widths
        at += index * (one + two + three)
        kind = int.from_bytes(self.rows[at : at + one]) if one else 1
        first = int.from_bytes(self.rows[at + one : at + one + two])
        second = int.from_bytes(self.rows[at + one + two : at + one + two + three])
        if kind == _KIND_FREE:
            return "free"
        if kind == _KIND_PACKED:
            return first, second
        if kind == _KIND_PLAIN and second == 0:
            return first
        raise InDoubtError("cross-references", f"an odd row at {at}, or a later generation")


_KIND_FREE, _KIND_PLAIN, _KIND_PACKED = 0, 1, 2


@dataclass(frozen=True, slots=True)
class CrossReferences:
    """All sections, newest first."""

    sections: tuple[Section, ...]

    @property
    def trailer(self) -> Dictionary:
        """The newest trailer, or the dictionary of the newest cross-reference stream."""
        return self.sections[0].trailer

    @property
    def next_number(self) -> int:
        """The first object number that no section knows."""
        return max(
            max(
                integer(section.trailer.get(b"/Size")),
                *(run.first + run.length for run in section.subsections),
            )
            for section in self.sections
        )

    def find(self, number: int) -> Entry:
        """Where the newest version of an object is.

        Raises:
            InDoubtError: nowhere, or its row is odd.
        """
        for section in self.sections:
            entry = section.find(number)
            if entry == "free":
                break
            if entry is not None:
                return entry
        raise InDoubtError("cross-references", f"object {number} is not there")


def read_cross_references(document: bytes) -> CrossReferences:
    """Follow the sections from the end of the document.

    Raises:
        InDoubtError: anything that is not exactly as the standard has it; hybrid files too.
    """
    tail = _END.search(document, max(0, len(document) - _TAIL_BYTES))
    if tail is None:
        raise InDoubtError("cross-references", "no startxref at the end")
    sections: list[Section] = []
    at: int | None = int(tail[1])
    while at is not None:
        if len(sections) >= _MOST_SECTIONS or any(at == known.start for known in sections):
            raise InDoubtError("cross-references", "too many sections, or a loop")
        table = _TABLE.match(document, at)
        section = _stream(document, at) if table is None else _table(document, at, table.end())
        if b"/XRefStm" in section.trailer:
            raise InDoubtError("cross-references", "a hybrid file")
        if b"/Encrypt" in section.trailer:
            raise InDoubtError("encrypted", "a trailer has an /Encrypt entry")
        if integer(section.trailer.get(b"/Size")) > LARGEST_SIZE:
            raise InDoubtError("cross-references", "a /Size beyond all files")
        sections.append(section)
        if sum(len(each.subsections) for each in sections) > _MOST_SUBSECTIONS:
            raise InDoubtError("cross-references", "too many subsections")
        previous = section.trailer.get(b"/Prev")
        at = None if previous is None else integer(previous)
    return CrossReferences(tuple(sections))


def _table(document: bytes, start: int, at: int) -> Section:
    runs: list[_Subsection] = []
    while (head := _SUBSECTION.match(document, at)) is not None:
        run = _Subsection(int(head[1]), int(head[2]), head.end())
        runs.append(run)
        at = run.at + run.length * _LINE_BYTES
        lines = _LINES.match(document, run.at, at)
        if lines is None or lines.end() != at:
            raise InDoubtError("cross-references", f"odd lines after {run.at}, or a generation")
    trailer = _TRAILER.match(document, at)
    if trailer is None:
        raise InDoubtError("cross-references", f"the table at {start} has no trailer")
    dictionary, end = read_dictionary(document, trailer.end())
    return Section(start, end, dictionary, None, document, _disjoint(runs))


def _stream(document: bytes, start: int) -> Section:
    dictionary, data, end = read_stream(document, start, None, most=_LARGEST_SECTION)
    if dictionary.get(b"/Type") != b"/XRef":
        raise InDoubtError("cross-references", f"no cross-reference section at {start}")
    widths = [integer(width) for width in read_array(dictionary.get(b"/W", b""))]
    size = integer(dictionary.get(b"/Size"))
    index = [integer(each) for each in read_array(dictionary.get(b"/Index", b"[0 %d]" % size))]
    if len(widths) != 3 or not _are_narrow(widths) or len(index) % 2:  # noqa: PLR2004 - three fields (§7.5.8.2)
        raise InDoubtError("cross-references", "the stream's /W or /Index is odd")
    one, two, three = widths
    runs: list[_Subsection] = []
    at = 0
    for first, count in zip(index[::2], index[1::2], strict=True):
        runs.append(_Subsection(first, count, at))
        at += count * (one + two + three)
    if at != len(data) or min(index) < 0:
        raise InDoubtError("cross-references", "the stream has another length than its /Index")
    return Section(start, end, dictionary, (one, two, three), data, _disjoint(runs))


def _are_narrow(widths: list[int]) -> bool:
    return all(0 <= width <= most for width, most in zip(widths, WIDEST, strict=False))


def _disjoint(runs: list[_Subsection]) -> tuple[_Subsection, ...]:
    """The runs, if none speaks of an object that another speaks of."""
    ordered = sorted(runs)
    overlap = any(one.first + one.length > other.first for one, other in pairwise(ordered))
    if not runs or overlap or len(runs) > _MOST_SUBSECTIONS:
        raise InDoubtError("cross-references", "no subsection, too many, or an object twice")
    if ordered[-1].first + ordered[-1].length > LARGEST_SIZE:
        raise InDoubtError("cross-references", "too many objects")
    return tuple(runs)


def object_body(document: bytes, at: int, number: int | None) -> int:
    """The offset behind `N G obj`.

    Raises:
        InDoubtError: another object, or none, begins there.
    """
    head = _OBJECT.match(document, at)
    if head is None or (number is not None and int(head[1]) != number):
        raise InDoubtError("cross-references", f"object {number} does not begin at {at}")
    return head.end()


def read_stream(
    document: bytes, at: int, number: int | None, *, most: int
) -> tuple[Dictionary, bytes, int]:
    """A stream object with direct /Length: its dictionary, its unpacked data, where it ends.

    Args:
        document: the file.
        at: where the object begins.
        number: which it must be; None takes any.
        most: how many bytes it may unpack to.

    Raises:
        InDoubtError: it is none, or is packed in another way than Flate.
    """
    dictionary, end = read_dictionary(document, object_body(document, at, number))
    keyword = skip_space(document, end)
    if document[keyword : keyword + 6] != b"stream":
        raise InDoubtError("cross-references", f"no stream at {at}")
    start = keyword + 6
    start += 2 if document[start : start + 2] == b"\r\n" else 1
    length = integer(dictionary.get(b"/Length"))
    after = skip_space(document, start + length)
    if length < 0 or document[after : after + 9] != b"endstream":
        raise InDoubtError("cross-references", f"the stream at {at} has another length")
    ending = skip_space(document, after + 9)
    if document[ending : ending + 6] != b"endobj":
        raise InDoubtError("cross-references", f"the object at {at} does not end")
    return dictionary, _unpacked(dictionary, document[start : start + length], most), ending + 6


def _unpacked(dictionary: Dictionary, data: bytes, most: int) -> bytes:
    if dictionary.keys() & {b"/F", b"/DP"}:
        raise InDoubtError("object-streams", "another name for what it is packed by")
    if b"/Filter" not in dictionary:
        return data
    if dictionary[b"/Filter"] not in (b"/FlateDecode", b"[/FlateDecode]", b"[ /FlateDecode ]"):
        raise InDoubtError("object-streams", "packed in another way than Flate")
    inflate = zlib.decompressobj()
    try:
        plain = inflate.decompress(data, most)
    except zlib.error:
        raise InDoubtError("object-streams", "the packed data is damaged") from None
    if not inflate.eof:
        raise InDoubtError("object-streams", "it is cut off, or unpacks to too much")
    parameters = dictionary.get(b"/DecodeParms", b"<<>>")
    if parameters[:1] == b"[":
        raise InDoubtError("object-streams", "an array of /DecodeParms")
    predicted, _ = read_dictionary(parameters, 0)
    predictor = integer(predicted.get(b"/Predictor", b"1"))
    if predictor == 1:
        return plain
    columns = integer(predicted.get(b"/Columns", b"1"))
    if predictor < 10 or predicted.keys() - {b"/Predictor", b"/Columns"} or columns < 1:  # noqa: PLR2004 - PNG's begin there
        raise InDoubtError("object-streams", "a predictor that is not PNG's over plain bytes")
    return _without_up(plain, columns)


def _without_up(plain: bytes, columns: int) -> bytes:
    """Undo PNG's predictors None and Up, the ones that writers of cross-references use."""
    rows = []
    above = bytes(columns)
    if len(plain) % (columns + 1):
        raise InDoubtError("object-streams", "the predicted rows are not whole")
    for at in range(0, len(plain), columns + 1):
        row = plain[at + 1 : at + 1 + columns]
        if plain[at] == 2:  # noqa: PLR2004 - Up
            row = bytes([(here + over) & 255 for here, over in zip(row, above, strict=True)])
        elif plain[at] != 0:
            raise InDoubtError("object-streams", "a predictor that is neither None nor Up")
        rows.append(row)
        above = row
    return b"".join(rows)
