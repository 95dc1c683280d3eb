"""Cross-reference tables and streams, newest first (ISO 32000-2 §7.5.4, §7.5.8)."""

import re
import zlib
from dataclasses import dataclass

from gateway.documents.lean.doubt import InDoubtError
from gateway.documents.lean.tokens import (
    Buffer,
    Dictionary,
    integer,
    read_array,
    read_dictionary,
    skip_space,
)

Entry = tuple[int, int]
"""Offset and generation; for an object in a stream, that stream's number negated and the index."""

_TAIL_BYTES = 1024
_MOST_SECTIONS = 64
_MOST_OBJECTS = 1_000_000
_LARGEST_SECTION = 32 * 1024 * 1024
_FREE = (0, 65535)

_END = re.compile(rb"startxref[\r\n ]+(\d{1,12})[\r\n ]+%%EOF[\r\n ]*\Z")
_OBJECT = re.compile(rb"(\d{1,10})[\x00\t\n\x0c\r ]+(\d{1,5})[\x00\t\n\x0c\r ]+obj\b")
_TABLE = re.compile(rb"xref[\r\n ]+")
_SUBSECTION = re.compile(rb"(\d{1,10}) (\d{1,10})[ \r\n]+")
_ENTRIES = re.compile(rb"(?:\d{10} \d{5} [fn](?: \r| \n|\r\n))*+")
_TRAILER = re.compile(rb"trailer(?=[\x00\t\n\x0c\r <])")
_ENTRY_BYTES = 20


@dataclass(frozen=True, slots=True)
class Section:
    """One cross-reference section: where it begins and ends, its kind and its trailer."""

    start: int
    end: int
    is_stream: bool
    trailer: Dictionary


@dataclass(frozen=True, slots=True)
class CrossReferences:
    """All sections, newest first, and what stands where in the newest revision."""

    sections: tuple[Section, ...]
    entries: dict[int, Entry]

    @property
    def trailer(self) -> Dictionary:
        """The newest trailer, or the dictionary of the newest cross-reference stream."""
        return self.sections[0].trailer

    @property
    def next_number(self) -> int:
        """The first object number that no section knows."""
        return max(
            *(integer(section.trailer.get(b"/Size")) for section in self.sections),
            max(self.entries, default=0) + 1,
        )


def read_cross_references(document: Buffer) -> CrossReferences:
    """Follow the sections from the end of the document.

    Raises:
        InDoubtError: anything that is not exactly as the standard has it; hybrid files too.
    """
    tail = _END.search(document, max(0, len(document) - _TAIL_BYTES))
    if tail is None:
        raise InDoubtError("cross-references", "no startxref at the end")
    sections: list[Section] = []
    entries: dict[int, Entry] = {}
    at: int | None = int(tail[1])
    while at is not None:
        if len(sections) >= _MOST_SECTIONS or any(at == known.start for known in sections):
            raise InDoubtError("cross-references", "too many sections, or a loop")
        section, own = _section(document, at)
        if b"/XRefStm" in section.trailer:
            raise InDoubtError("cross-references", "a hybrid file")
        sections.append(section)
        for number, entry in own.items():
            entries.setdefault(number, entry)
        previous = section.trailer.get(b"/Prev")
        at = None if previous is None else integer(previous)
    if b"/Encrypt" in sections[0].trailer:
        raise InDoubtError("encrypted", "the trailer has an /Encrypt entry")
    in_use = {number: entry for number, entry in entries.items() if entry != _FREE}
    return CrossReferences(tuple(sections), in_use)


def _section(document: Buffer, at: int) -> tuple[Section, dict[int, Entry]]:
    table = _TABLE.match(document, at)
    return _stream(document, at) if table is None else _table(document, at, table.end())


def _table(document: Buffer, start: int, at: int) -> tuple[Section, dict[int, Entry]]:
    entries: dict[int, Entry] = {}
    while (head := _SUBSECTION.match(document, at)) is not None:
        first, count = int(head[1]), int(head[2])
        at = head.end()
        end = at + count * _ENTRY_BYTES
        lines = _ENTRIES.match(document, at, end) if count <= _MOST_OBJECTS else None
        if lines is None or lines.end() != end:
            raise InDoubtError("cross-references", f"the table at {start} has odd lines")
        block = lines[0]
        for index in range(count):
            line = block[index * _ENTRY_BYTES : (index + 1) * _ENTRY_BYTES]
            in_use = line[17:18] == b"n"
            if first + index in entries:
                raise InDoubtError("cross-references", f"object {first + index} is listed twice")
            entries[first + index] = (int(line[:10]), int(line[11:16])) if in_use else _FREE
        at = end
    trailer = _TRAILER.match(document, at)
    if trailer is None:
        raise InDoubtError("cross-references", f"the table at {start} has no trailer")
    dictionary, end = read_dictionary(document, trailer.end())
    return Section(start, end, False, dictionary), entries  # noqa: FBT003 - a dataclass's field


def _stream(document: Buffer, start: int) -> tuple[Section, dict[int, Entry]]:
    dictionary, data, end = read_stream(document, start, None, most=_LARGEST_SECTION)
    if dictionary.get(b"/Type") != b"/XRef":
        raise InDoubtError("cross-references", f"no cross-reference section at {start}")
    widths = [integer(width) for width in read_array(dictionary.get(b"/W", b""))]
    size = integer(dictionary.get(b"/Size"))
    index = [integer(each) for each in read_array(dictionary.get(b"/Index", b"[0 %d]" % size))]
    if len(widths) != 3 or not all(0 <= width <= 8 for width in widths) or len(index) % 2:  # noqa: PLR2004 - three fields (§7.5.8.2)
        raise InDoubtError("cross-references", "the stream's /W or /Index is odd")
    first, second, third = widths
    row = first + second + third
    entries: dict[int, Entry] = {}
    at = 0
    for number, count in zip(index[::2], index[1::2], strict=True):
        if not 0 <= count <= _MOST_OBJECTS or at + count * row > len(data) or row == 0:
            raise InDoubtError("cross-references", "the stream is too short")
        for offset in range(count):
            kind = int.from_bytes(data[at : at + first]) if first else 1
            one = int.from_bytes(data[at + first : at + first + second])
            other = int.from_bytes(data[at + first + second : at + row])
            at += row
            if number + offset in entries or kind not in (0, 1, 2):
                raise InDoubtError("cross-references", "an entry twice, or of no known type")
            entries[number + offset] = (_FREE, (one, other), (-one, other))[kind]
    if at != len(data):
        raise InDoubtError("cross-references", "the stream is too long")
    return Section(start, end, True, dictionary), entries  # noqa: FBT003 - a dataclass's field


def object_body(document: Buffer, at: int, number: int | None) -> int:
    """The offset behind `N G obj`.

    Raises:
        InDoubtError: another object, or none, begins there.
    """
    head = _OBJECT.match(document, at)
    if head is None or (number is not None and int(head[1]) != number):
        raise InDoubtError("cross-references", f"object {number} does not begin at {at}")
    return head.end()


def read_stream(
    document: Buffer, at: int, number: int | None, *, most: int
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
