"""One cross-reference section of an update, read entry by entry. Runs in children only.

pyHanko keeps of each number what it read last. Here is asked what stands there: whether a number
stands twice, whether the trailer has what readers need, and what follows.
"""

import re
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.xref import ObjStreamRef

from gateway.revisions.faults import ambiguous
from gateway.revisions.plain_syntax import check_object, end_of_value
from gateway.revisions.streams import OF_STREAMS, check_entries
from gateway.revisions.tables import LARGEST_SIZE, WIDEST

_EOL: Final = rb"(?:\r\n|\n|\r)"
_PART: Final = re.compile(
    rb"([0-9]{1,10}) ([0-9]{1,10})[ ]?" + _EOL + rb"((?:[0-9]{10} [0-9]{5} [nf](?: \r| \n|\r\n))*)"
)
_ENTRY_BYTES: Final = 20
_OPENS: Final = re.compile(rb"xref[ ]?" + _EOL)
_BETWEEN: Final = rb"(?:[\0\t\n\f\r ]|%(?!%EOF)[^\r\n]*[\r\n])*+"
_TRAILER: Final = re.compile(_BETWEEN + rb"(trailer)" + _BETWEEN + rb"(?=<<)")
_ENDS: Final = re.compile(
    _BETWEEN + rb"startxref[\0\t\n\f\r ]++([0-9]{1,10})[\0\t\n\f\r ]++%%EOF[ ]*" + _EOL + rb"*"
)
_HEADER: Final = re.compile(rb"[0-9]+[\0\t\n\f\r ]+[0-9]+[\0\t\n\f\r ]+obj" + _BETWEEN + rb"(?=<<)")
_END_OF_OBJECT: Final = re.compile(_BETWEEN + rb"endobj")
_NEEDED: Final = frozenset({"/Root", "/Size", "/Prev"})
_OF_TRAILERS: Final = frozenset({"/Root", "/Size", "/Prev", "/Info", "/ID"})
_KINDS: Final = frozenset({0, 1, 2})
_PACKED: Final = 2
_LAST_GENERATION: Final = 65_535

Entries = dict[tuple[int, int], int | ObjStreamRef]
"""Where objects in use are, by number and generation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A table or stream, its trailer and end.

    Attributes:
        start: where it begins.
        end: where the update ends that it belongs to.
        entries: the objects in use that it names.
        freed: the numbers of those that it takes away.
        trailers: where the word `trailer` stands.
        own: number and generation of the stream; None: it is a table.
    """

    start: int
    end: int
    entries: Entries
    freed: frozenset[int]
    trailers: list[int]
    own: tuple[int, int] | None


def read_section(reader: PdfFileReader, document: bytes, number: int, start: int) -> Section:
    """Read the section of an update.

    Args:
        reader: of the file.
        document: its bytes.
        number: of the revision.
        start: where the update's bytes begin.

    Raises:
        RevisionFaultError: `ambiguous`: it is not written so that all readers read the same.
    """
    at = reader.xrefs.get_startxref_for_revision(number)
    if at < start:
        raise ambiguous("its table is not in it")
    opening = _OPENS.match(document, at)
    entries: Entries = {}
    freed = set[int]()
    trailers, own = list[int](), None
    if opening is not None:
        position = _read_table(document, opening.end(), entries, freed)
        word = _TRAILER.match(document, position)
        if word is None:
            raise ambiguous("its table is not followed by a trailer")
        trailers = [word.start(1)]
        trailer, position = _read_dictionary(reader, document, word.end())
    else:
        info = reader.xrefs.get_xref_container_info(number)
        reference = info.stream_ref
        if reference is None or info.start_location != at:
            raise ambiguous("its table is not where it says")
        own = reference.idnum, reference.generation
        trailer, position = _read_stream(document, at, reference)
        _read_rows(trailer, entries, freed)
        finish = _END_OF_OBJECT.match(document, position)
        if finish is None:
            raise ambiguous("its table does not end as objects do")
        position = finish.end()
    if any(idnum == 0 for idnum, _ in entries):
        raise ambiguous("its table has an object 0")
    _check_trailer(trailer)
    highest = max((idnum for idnum, _ in entries), default=0)
    if not highest < int(trailer["/Size"]) <= LARGEST_SIZE:
        raise ambiguous("/Size of its trailer is not that of its table, or beyond all files")
    end = _ENDS.match(document, position)
    if end is None or int(end[1]) != at:
        raise ambiguous("it does not end with where its table begins")
    return Section(
        start=at,
        end=end.end(),
        entries=entries,
        freed=frozenset(freed - {0}),
        trailers=trailers,
        own=own,
    )


def _read_table(document: bytes, position: int, entries: Entries, freed: set[int]) -> int:
    seen = set[int]()
    while (part := _PART.match(document, position)) is not None:
        first, count, lines = int(part[1]), int(part[2]), part[3]
        if first + count > LARGEST_SIZE:
            raise ambiguous("its table has numbers beyond all files")
        if len(lines) != count * _ENTRY_BYTES:
            raise ambiguous("its table has lines of another length than lines have")
        for index in range(count):
            line = lines[index * _ENTRY_BYTES : (index + 1) * _ENTRY_BYTES]
            idnum, generation = first + index, int(line[11:16])
            _refuse_twice(seen, idnum)
            if line[17:18] == b"n":
                entries[idnum, generation] = int(line[:10])
            else:
                freed.add(idnum)
        position = part.end()
    return position


def _read_rows(stream: Any, entries: Entries, freed: set[int]) -> None:  # noqa: ANN401 - objects of a file have no narrower type
    check_entries(stream, "/XRef", _OF_TRAILERS | OF_STREAMS | {"/W", "/Index"})
    widths = _whole_numbers(stream["/W"])
    bounds = _whole_numbers(stream.get("/Index", [0, stream["/Size"]]))
    runs = list(zip(bounds[::2], bounds[1::2], strict=True))
    if any(first + count > LARGEST_SIZE for first, count in runs):
        raise ambiguous("its table has numbers beyond all files")
    numbers = [each for first, count in runs for each in range(first, first + count)]
    data, seen = stream.data, set[int]()
    width = sum(widths)
    is_narrow = all(map(int.__le__, widths, WIDEST))
    if len(widths) != 3 or not is_narrow or len(data) != width * len(numbers):  # noqa: PLR2004 - ISO 32000-2 table 17
        raise ambiguous("its table has rows of another length than it says")
    for index, idnum in enumerate(numbers):
        row = data[index * width : (index + 1) * width]
        kind = int.from_bytes(row[: widths[0]]) if widths[0] else 1
        second = int.from_bytes(row[widths[0] : widths[0] + widths[1]])
        third = int.from_bytes(row[widths[0] + widths[1] :])
        if kind not in _KINDS:
            raise ambiguous("its table has rows of an unknown kind")
        _refuse_twice(seen, idnum)
        if kind == _PACKED:
            entries[idnum, 0] = ObjStreamRef(second, third)
        elif kind:
            entries[idnum, third] = second
        elif second >= LARGEST_SIZE or third > _LAST_GENERATION:
            raise ambiguous(f"its table frees object {idnum} oddly")
        else:
            freed.add(idnum)


def _whole_numbers(found: Any) -> list[int]:  # noqa: ANN401 - see above
    each = list(found) if isinstance(found, list) else []
    if not each or not all(isinstance(one, int) and one >= 0 for one in each):
        raise ambiguous("its table is not described in whole numbers")
    return [int(one) for one in each]


def _refuse_twice(seen: set[int], idnum: int) -> None:
    if idnum in seen:
        raise ambiguous(f"its table names object {idnum} twice")
    seen.add(idnum)


def _read_dictionary(
    reader: PdfFileReader, document: bytes, position: int
) -> tuple[generic.DictionaryObject, int]:
    stream = BytesIO(document)
    stream.seek(position)
    whose = generic.TrailerReference(reader)  # type: ignore[no-untyped-call]
    found = generic.DictionaryObject.read_from_stream(stream, whose)
    end = end_of_value(document, position)
    if stream.tell() != end:
        raise ambiguous("its trailer ends in two places")
    return found, end


def _read_stream(
    document: bytes, position: int, reference: generic.Reference
) -> tuple[generic.StreamObject, int]:
    stream = BytesIO(document)
    header = _HEADER.match(document, position)
    if header is None:
        raise ambiguous("its table is not where it says")
    stream.seek(header.end())
    found = generic.StreamObject.read_from_stream(stream, reference)
    check_object(document, header.end(), int(found["/Length"]))
    return found, stream.tell()


def _check_trailer(trailer: generic.DictionaryObject) -> None:
    if lacking := _NEEDED - set(trailer):
        raise ambiguous(f"its trailer has no {min(lacking)}")
    for key in ("/Size", "/Prev"):
        if not isinstance(trailer.raw_get(key), generic.NumberObject):
            raise ambiguous(f"{key} of its trailer is no number")
    if not isinstance(trailer.raw_get("/Root"), generic.IndirectObject):
        raise ambiguous("/Root of its trailer is no reference")
    if "/XRefStm" in trailer:
        raise ambiguous("it has a table for some readers and a stream for others")
