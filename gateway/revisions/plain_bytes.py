"""Whether every reader finds the same objects in an update. Runs in children only.

What an update changes is asked of one reader (`updating`), and others read the same bytes. Of two
lines of a table for one object some take the first and some the last; some look for a later
`startxref`; and where anything is amiss, a trailer without /Root, say, they go through the file
and take every `7 0 obj` that they see, within streams, too. So an update has to be written as
programs that sign do write it: each object once in its table, at the very byte that is named
there, and nothing else that looks like one.
"""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader
from pyhanko.pdf_utils.xref import ObjStreamRef

from gateway.revisions.containers import check_container
from gateway.revisions.dangling import refuse_dangling_trailer, refuse_new_dangling
from gateway.revisions.faults import RevisionFaultError, ambiguous
from gateway.revisions.numbers import known_numbers
from gateway.revisions.plain_syntax import check_object
from gateway.revisions.quick_reading import next_character
from gateway.revisions.sections import Section, read_section

_BETWEEN: Final = rb"(?:[\0\t\n\f\r ]|%[^\r\n]*[\r\n])"
_HEADER: Final = re.compile(
    rb"([0-9]{1,10})[\0\t\n\f\r ]+([0-9]{1,5})[\0\t\n\f\r ]+obj(?![^\0\t\n\f\r ()<>\[\]{}/%])"
)
_WORD: Final = re.compile(rb"(?<![A-Za-z])obj(?![A-Za-z])")
_NUMBERS: Final = re.compile(rb"[0-9]" + _BETWEEN + rb"++[0-9]++" + _BETWEEN + rb"*+\Z")
_TRAILER: Final = re.compile(rb"trailer" + _BETWEEN + rb"*+<<")
_LINE_END: Final = re.compile(rb"[\r\n]")
_NEAR: Final = 65_536
"""How far before the word its numbers are looked for; comments may stand between."""


def check_plain_bytes(
    reader: PdfFileReader, document: bytes, number: int, start: int, *, may_free: bool = False
) -> int:
    """See that an update is written plainly; gives where it ends.

    Args:
        reader: of the file.
        document: its bytes.
        number: of the revision, counted from 0; it is not the first.
        start: where its bytes begin.
        may_free: whether it may take objects away.

    Raises:
        RevisionFaultError: `ambiguous`: readers may find different objects in it; `not-whole`:
            something follows; `content-changed`: it takes objects away.
    """
    is_last = number == reader.xrefs.total_revisions - 1
    section = read_section(reader, document, number, start)
    if is_last and section.end != len(document):
        raise RevisionFaultError("not-whole", "something follows its end")
    # iText frees numbers that it reserved and did not need: nothing ever had them.
    gone = section.freed & known_numbers(reader, number)
    if gone and not may_free:
        raise RevisionFaultError("content-changed", f"it takes object {min(gone)} away")
    _only_once(document, section, start)
    if not reader.strict:
        _read_strictly(document, number, section)
    words = set(_words_of(reader, document, number, section, start))
    for found in _WORD.finditer(document, start, section.end):
        if found.start() not in words and _ends_a_header(document, start, found.start()):
            why = f"what stands at byte {found.start()} looks like an object and is in no table"
            raise ambiguous(why)
    return section.end


def _read_strictly(document: bytes, number: int, section: Section) -> None:
    """See that no object of the update names an entry twice: of hybrids it was read leniently."""
    strict = PdfFileReader(BytesIO(document), strict=True)
    for idnum, generation in section.entries:
        try:
            strict.get_object(  # type: ignore[no-untyped-call]
                generic.Reference(idnum, generation, pdf=strict), number
            )
        except PdfReadError as error:
            raise ambiguous(f"object {idnum} cannot be read: {str(error)[:100]}") from None


def _only_once(document: bytes, section: Section, start: int) -> None:
    """See that nobody finds another end, or another trailer, in it."""
    for word in (b"startxref", b"%%EOF"):
        if document.count(word, start, section.end) != 1:
            raise ambiguous(f"it has {word.decode()} more than once")
    trailers = [each.start() for each in _TRAILER.finditer(document, start, section.end)]
    if trailers != section.trailers:
        raise ambiguous("it has more that looks like a trailer")


def _words_of(
    reader: PdfFileReader, document: bytes, number: int, section: Section, start: int
) -> Iterator[int]:
    """Where the word `obj` stands of each object that the table names."""
    listed = reader.xrefs.explicit_refs_in_revision(number)
    none = section.freed | {0}
    in_use = {(each.idnum, each.generation) for each in listed if each.idnum not in none}
    if in_use != set(section.entries):
        raise ambiguous("its table is read in two ways")
    known, view = known_numbers(reader, number), reader.get_historical_resolver(number)
    earlier = reader.get_historical_resolver(number - 1)
    refuse_dangling_trailer(earlier, view)
    containers, within = set[int](), range(start, section.start + 1)
    for (idnum, generation), place in section.entries.items():
        reference = generic.Reference(idnum, generation, pdf=reader)
        before = reader.xrefs.get_historical_ref(reference, number - 1)
        if before is None and (idnum in known or generation):
            raise ambiguous(f"it uses the number {idnum} for another object")
        if before == place:
            continue
        refuse_new_dangling(reference, None if before is None else earlier, view)
        if isinstance(place, ObjStreamRef):
            containers.add(place.obj_stream_id)
        else:
            word = _word_at(document, (idnum, generation), place, within)
            check_object(
                document, word + len(b"obj"), _data_length(view, document, reference, word)
            )
            yield word
    for container in containers:
        check_container(view, section.entries, container)
    if section.own is not None:
        if section.own[0] in known:
            raise ambiguous(f"its table has the number {section.own[0]} of another object")
        yield _word_at(document, section.own, section.start, within)


def _data_length(
    view: HistoricalResolver, document: bytes, reference: generic.Reference, word: int
) -> int | None:
    """Of a stream; None: it is none."""
    if not isinstance(view(reference), generic.StreamObject):
        return None
    # As it is written: of metadata pyHanko gives what they say.
    at = BytesIO(document)
    at.seek(word + len(b"obj"))
    next_character(at, seek_back=True)
    found = generic.DictionaryObject.read_from_stream(at, reference)
    raw = found.raw_get("/Length")
    return int(view(raw.reference) if isinstance(raw, generic.IndirectObject) else raw)


def _word_at(document: bytes, known_as: tuple[int, int], at: int, within: range) -> int:
    header = _HEADER.match(document, at) if at in within else None
    if header is None or (int(header[1]), int(header[2])) != known_as:
        raise ambiguous(f"object {known_as[0]} is not where its table says")
    return header.end() - len(b"obj")


def _ends_a_header(document: bytes, start: int, at: int) -> bool:
    """Whether two numbers stand before the word, with whatever readers skip between them."""
    before = document[max(start, at - _NEAR) : at]
    is_within_a_line = len(before) == _NEAR and _LINE_END.search(before, 0, _NEAR // 2) is None
    return is_within_a_line or _NUMBERS.search(before) is not None
