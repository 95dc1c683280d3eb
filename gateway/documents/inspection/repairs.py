"""Tables that are right, and at which other readers stumble all the same.

A reader that finds a file damaged goes through its bytes and takes whatever looks like an object,
within a stream, too. So a document can say one thing in poppler or pdf.js, and another elsewhere.
"""

import re
from collections.abc import Iterator
from typing import Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.xref import XRefSectionData

from gateway.documents.inspection.sighting import Sighting
from gateway.documents.inspection.snapshot import Snapshot
from gateway.revisions.dangling import missing_in
from gateway.revisions.sections import LARGEST_SIZE, WIDEST

_RULE: Final = "ambiguous-structure"
_OTHER_NAMES: Final = ("/DP", "/F", "/FFilter", "/FDecodeParms")
"""Of what an inline picture or another file is; for some, of what a stream is packed by."""
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
    yield from _of_structure(reader)
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


def _of_structure(reader: PdfFileReader) -> Iterator[Sighting]:
    for revision in range(reader.xrefs.total_revisions):
        view = reader.get_historical_resolver(revision)
        size = view.trailer_view.get("/Size", 0)
        if not isinstance(size, int) or size > LARGEST_SIZE:
            yield Sighting(_RULE, "the /Size that the trailer names is beyond all files")
        listed = reader.xrefs.get_xref_data(revision)
        tables, containers = _structure(reader, revision, listed)
        for number in sorted(containers):
            found = view(generic.Reference(number, 0, pdf=reader))
            yield from _of_stream(found, "an object stream")
        for each in tables:
            found = view(each)
            yield from _of_stream(found, "a cross-reference stream")
            widths = found.get("/W", []) if isinstance(found, generic.StreamObject) else []
            if any(width > most for width, most in zip(widths, WIDEST, strict=False)):
                yield Sighting(_RULE, "a cross-reference stream has wider columns than some read")


def _structure(
    reader: PdfFileReader, revision: int, listed: XRefSectionData
) -> tuple[list[generic.Reference], set[int]]:
    infos = [reader.xrefs.get_xref_container_info(revision)]
    containers = set(listed.obj_streams_used)
    if listed.hybrid is not None:
        infos.append(listed.hybrid.meta_info)
        containers |= listed.hybrid.xref_data.obj_streams_used
    return [each.stream_ref for each in infos if each.stream_ref is not None], containers


def _of_stream(found: object, what: str) -> Iterator[Sighting]:
    if isinstance(found, generic.StreamObject):
        for key in _OTHER_NAMES:
            if key in found:
                yield Sighting(_RULE, f"{what} has {key}, which some take for its packing")
