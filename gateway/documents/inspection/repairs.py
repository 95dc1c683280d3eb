"""Tables that are right, and at which other readers stumble all the same.

A reader that finds a file damaged goes through its bytes and takes whatever looks like an object,
within a stream, too. So a document can say one thing in poppler or pdf.js, and another elsewhere.
"""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.xref import XRefSectionType, read_object_header

from gateway.documents.inspection.sighting import Sighting
from gateway.documents.inspection.snapshot import Snapshot
from gateway.revisions.dangling import missing_in
from gateway.revisions.tables import LARGEST_SIZE, WIDEST

_RULE: Final = "ambiguous-structure"
_OTHER_NAMES: Final = ("/DP", "/F", "/FFilter", "/FDecodeParms")
"""Of what an inline picture or another file is; for some, of what a stream is packed by."""
_ODD_LINE: Final = re.compile(rb"[0-9] [nf](?![\0\t\n\f\r ])")
_NEAR: Final = 32
"""Bytes of space that may stand before a table."""
_LOOKS_LIKE_ONE: Final = re.compile(
    rb"(?<![0-9])[0-9]{1,10}+[\0\t\n\f\r ]++[0-9]{1,10}+[\0\t\n\f\r ]++obj(?![a-zA-Z])"
)


def repair_sightings(
    reader: PdfFileReader, document: bytes, snapshot: Snapshot, listed: set[int]
) -> Iterator[Sighting]:
    """What ambiguous-structure makes of them.

    Args:
        reader: of the file.
        document: its bytes.
        snapshot: its objects.
        listed: the offsets that any of its tables names.
    """
    yield from _of_structure(reader, document)
    # A reference to nothing is null, but for poppler, which then looks for what is missing.
    asleep = _asleep(reader, document, snapshot, listed)
    if asleep and (missing := next(_missing(reader, snapshot), None)):
        yield Sighting(_RULE, f"object {missing} is not there, and {asleep}")


def _missing(reader: PdfFileReader, snapshot: Snapshot) -> Iterator[int]:
    view = reader.get_historical_resolver(reader.xrefs.total_revisions - 1)
    for each in snapshot.places:
        number, generation, _ = each.split()
        found = view(generic.Reference(int(number), int(generation), pdf=reader))
        yield from (number for number, _ in missing_in(found, view))


def _asleep(reader: PdfFileReader, document: bytes, snapshot: Snapshot, listed: set[int]) -> str:
    """What comes to light when a reader goes through the bytes; empty: nothing does."""
    for found in _LOOKS_LIKE_ONE.finditer(document):
        if found.start() not in listed:
            return f"what stands at byte {found.start()} looks like an object"
    packed = {int(each.split()[0]) for each, place in snapshot.places.items() if place.container}
    for revision in range(reader.xrefs.total_revisions):
        if again := packed & reader.xrefs.get_xref_data(revision).standard_xrefs.keys():
            return f"object {min(again)} of before stands where such readers look"
    return ""


def _of_structure(reader: PdfFileReader, document: bytes) -> Iterator[Sighting]:
    for revision in range(reader.xrefs.total_revisions):
        view = reader.get_historical_resolver(revision)
        size = view.trailer_view.get("/Size", 0)
        if not isinstance(size, int) or size > LARGEST_SIZE:
            yield Sighting(_RULE, "the /Size that the trailer names is beyond all files")
        listed = reader.xrefs.get_xref_data(revision)
        own, containers = reader.xrefs.get_xref_container_info(revision), set[int]()
        infos = [own] if own.xref_section_type is XRefSectionType.STREAM else []
        containers |= listed.obj_streams_used
        if listed.hybrid is not None:
            infos.append(listed.hybrid.meta_info)
            containers |= listed.hybrid.xref_data.obj_streams_used
        for number in sorted(containers):
            yield from _of_stream(
                view(generic.Reference(number, 0, pdf=reader)), "an object stream"
            )
        yield from _of_lines(document, reader.xrefs.get_startxref_for_revision(revision))
        for each in infos:
            if each.stream_ref is not None:
                table = _table(document, each.start_location, each.stream_ref)
                yield from _of_stream(table, "a cross-reference stream")
                if any(width > most for width, most in zip(table["/W"], WIDEST, strict=False)):
                    why = "a cross-reference stream has wider columns than some read"
                    yield Sighting(_RULE, why)


def _of_lines(document: bytes, at: int) -> Iterator[Sighting]:
    """Of a table, line by line; of a stream nothing."""
    start = document.find(b"xref", at, at + _NEAR)
    end = document.find(b"trailer", start) if start >= 0 else -1
    if end >= 0 and (found := _ODD_LINE.search(document, start, end)) is not None:
        yield Sighting(_RULE, f"a line of a cross-reference table at byte {found.start()} is odd")


def _table(document: bytes, at: int, reference: generic.Reference) -> generic.StreamObject:
    """By its place: a stream need not name itself."""
    stream = BytesIO(document)
    stream.seek(at)
    read_object_header(stream, strict=False)
    found: generic.StreamObject = generic.StreamObject.read_from_stream(stream, reference)
    return found


def _of_stream(found: object, what: str) -> Iterator[Sighting]:
    if isinstance(found, generic.StreamObject):
        for key in _OTHER_NAMES:
            if key in found:
                yield Sighting(_RULE, f"{what} has {key}, which some take for its packing")
