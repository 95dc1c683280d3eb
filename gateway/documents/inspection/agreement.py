"""Whether two readers see one document: qpdf and pyHanko, written apart from each other."""

from collections.abc import Iterator
from itertools import islice

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.xref import ObjStreamRef, XRefSectionData

from gateway.documents.inspection.linearised import linearised_sightings
from gateway.documents.inspection.repairs import repair_sightings
from gateway.documents.inspection.sighting import Sighting, named
from gateway.documents.inspection.snapshot import Place, Snapshot
from gateway.documents.pyhanko.pages import count_pages
from gateway.documents.pyhanko.revisions import count_revisions, is_hybrid_at_once

_RULE = "ambiguous-structure"
_SIZE_WARNING = "reported number of objects"
_NO_RESOURCES = "Resources is missing or invalid; repairing"
_ENOUGH = 20


def reader_sightings(
    reader: PdfFileReader, document: bytes, snapshot: Snapshot
) -> Iterator[Sighting]:
    """What ambiguous-structure, duplicate-keys and limits make of what the readers say."""
    for warning in snapshot.warnings:
        yield from _of_warning(warning, reader, snapshot)
    root, other = reader.trailer.raw_get("/Root"), snapshot.trailer.get("/Root")
    if not isinstance(root, generic.IndirectObject) or _reference(root.reference) != other:
        yield Sighting(_RULE, "two readers find different catalogues")
    ours, theirs = len(snapshot.pages()), count_pages(reader)
    if ours != theirs:
        yield Sighting(_RULE, f"one reader finds {ours} pages and another {theirs}")
    yield from islice(_differing_places(reader, snapshot), _ENOUGH)
    yield from linearised_sightings(reader, document, snapshot)
    yield from repair_sightings(reader, document, snapshot, listed_offsets(reader))
    yield from _hybrid(reader)
    yield from _revisions(reader, document)


def _of_warning(warning: str, reader: PdfFileReader, snapshot: Snapshot) -> Iterator[Sighting]:
    if _NO_RESOURCES in warning:
        return  # a page that draws nothing with them; every reader takes it for an empty dictionary
    if "duplicated key" in warning:
        yield Sighting("duplicate-keys", f"qpdf says: {_without_key(warning)}")
    elif "limits error" in warning:
        yield Sighting("limits", f"qpdf says: {warning}")
    elif _SIZE_WARNING in warning:
        # A size that is too large is common and changes nothing; what lies past one that is too
        # small does not exist for some readers (§7.5.5).
        highest = max(int(reference.split()[0]) for reference in snapshot.places)
        size = reader.trailer["/Size"]
        if not isinstance(size, int) or size <= highest:
            yield Sighting(_RULE, f"object {highest} lies beyond the /Size that the trailer names")
    else:
        yield Sighting(_RULE, f"qpdf says: {warning}")


def _without_key(warning: str) -> str:
    # The key's name is the document's own text.
    place = warning.partition("dictionary has duplicated key")[0].strip(" ():")
    return f"a dictionary names an entry twice ({place})"


def _differing_places(reader: PdfFileReader, snapshot: Snapshot) -> Iterator[Sighting]:
    """Objects that the two readers look for at different places of the file."""
    for reference, place in snapshot.places.items():
        number, generation, _ = reference.split()
        try:
            where = reader.xrefs[generic.Reference(int(number), int(generation), reader)]
        except KeyError:
            where = None
        found = (
            Place(where.obj_stream_id, where.ix_in_stream)
            if isinstance(where, ObjStreamRef)
            else Place(0, -1 if where is None else int(where))
        )
        if found != place:
            yield Sighting(_RULE, f"two readers find {named(reference)} at different places")
    for revision in range(reader.xrefs.total_revisions):
        for each in reader.xrefs.explicit_refs_in_revision(revision):
            if _reference(each) not in snapshot.places and reader.xrefs[each] is not None:
                yield Sighting(_RULE, f"only one of two readers finds object {each.idnum}")


def _reference(reference: generic.Reference) -> str:
    return f"{reference.idnum} {reference.generation} R"


def _hybrid(reader: PdfFileReader) -> Iterator[Sighting]:
    """Hybrid files (§7.5.8.4): readers older than PDF 1.5 do not see what the stream names.

    Office programs write them at once, and hide from older readers only what these could not use.
    That is no finding as long as no object is at two places.
    """
    xrefs = reader.xrefs
    for revision in range(xrefs.total_revisions):
        hybrid = xrefs.get_xref_data(revision).hybrid
        if hybrid is None:
            continue
        if revision == 1 and is_hybrid_at_once(reader):
            first, second = xrefs.get_xref_data(0).standard_xrefs, hybrid.xref_data
            moved = [
                number
                for number, place in first.items()
                if second.standard_xrefs.get(number, place) != place
                or number in second.xrefs_in_objstm
            ]
            if not moved:
                continue
        yield Sighting(
            "hybrid-cross-references",
            f"section {revision + 1} has a table for older readers and a stream for newer ones",
        )


def _revisions(reader: PdfFileReader, document: bytes) -> Iterator[Sighting]:
    count = count_revisions(reader, document)
    if count == 1:
        return
    signed_to = max(
        (_signed_to(signature.byte_range) for signature in reader.embedded_signatures), default=0
    )
    ends = [
        reader.xrefs.get_xref_container_info(each).end_location
        for each in range(reader.xrefs.total_revisions)
    ]
    unsigned = min(sum(end > signed_to for end in ends), count)
    if unsigned:
        yield Sighting(
            "several-revisions",
            f"{count} revisions, {unsigned} of them covered by no signature",
        )


def _signed_to(byte_range: list[int]) -> int:
    start, _, second, length = (int(each) for each in byte_range)
    return second + length if start == 0 else 0


def listed_offsets(reader: PdfFileReader) -> set[int]:
    """Every byte offset that a cross-reference section of any revision names, and their own."""
    found: set[int] = set()
    for revision in range(reader.xrefs.total_revisions):
        data = reader.xrefs.get_xref_data(revision)
        found |= _offsets(data)
        found.add(reader.xrefs.get_xref_container_info(revision).start_location)
        if data.hybrid is not None:
            found |= _offsets(data.hybrid.xref_data)
            found.add(data.hybrid.meta_info.start_location)
    return found


def _offsets(data: XRefSectionData) -> set[int]:
    return {offset for _, offset in data.standard_xrefs.values()}
