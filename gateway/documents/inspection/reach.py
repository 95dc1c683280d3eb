"""Objects that nothing shows: they are in the file, but no way leads to them."""

from collections.abc import Iterator

from pyhanko.pdf_utils.reader import PdfFileReader

from gateway.documents.inspection.bounds import MOST_REVISIONS
from gateway.documents.inspection.sighting import Sighting, named
from gateway.documents.inspection.snapshot import (
    Snapshot,
    TooLargeError,
    UnreadableError,
    Value,
    take,
)


def reach_sightings(
    reader: PdfFileReader, document: bytes, snapshot: Snapshot
) -> Iterator[Sighting]:
    """What the rule unreachable-objects is about, but for objects in no table.

    An object that an earlier revision shows was replaced by a later one; that is the subject of
    the rule several-revisions.
    """
    unreached = {
        reference
        for reference in snapshot.places.keys() - snapshot.reached()
        if reference in snapshot.streams or _could_be_shown(snapshot.objects.get(reference))
    } - _structure(reader, snapshot)
    for earlier in _earlier(reader, document) if unreached else ():
        unreached -= earlier.reached()
        if not unreached:
            break
    for reference in sorted(unreached, key=lambda each: int(each.split()[0])):
        yield Sighting("unreachable-objects", f"{named(reference)} is shown by nothing")


def _could_be_shown(value: Value) -> bool:
    """Numbers, names and empty dictionaries are left behind by many programs and show nothing."""
    return isinstance(value, dict | list) and bool(value)


def _structure(reader: PdfFileReader, snapshot: Snapshot) -> set[str]:
    """What the file's own structure uses without a reference: tables, containers, hints."""
    xrefs = reader.xrefs
    found = {f"{each.idnum} {each.generation} R" for each in xrefs.xref_stream_refs}
    for revision in range(xrefs.total_revisions):
        hybrid = xrefs.get_xref_data(revision).hybrid
        containers = set(xrefs.get_xref_data(revision).obj_streams_used)
        if hybrid is not None:
            containers |= hybrid.xref_data.obj_streams_used
            if hybrid.meta_info.stream_ref is not None:
                found.add(f"{hybrid.meta_info.stream_ref.idnum} 0 R")
        found |= {f"{number} 0 R" for number in containers}
    return found | _linearisation(snapshot)


def _linearisation(snapshot: Snapshot) -> set[str]:
    """The dictionary that stands first in the file, and the hints that it points at (Annex F)."""
    directly = {place.at: each for each, place in snapshot.places.items() if not place.container}
    first = directly[min(directly)] if directly else ""
    dictionary = snapshot.objects.get(first)
    if not isinstance(dictionary, dict) or "/Linearized" not in dictionary:
        return set()
    hints = dictionary.get("/H")
    offsets = hints[::2] if isinstance(hints, list) else []
    return {first} | {
        directly[offset] for offset in offsets if isinstance(offset, int) and offset in directly
    }


def _earlier(reader: PdfFileReader, document: bytes) -> Iterator[Snapshot]:
    """The document as it was after each earlier revision, the newest first, up to a bound."""
    newest = reader.xrefs.total_revisions - 1
    for revision in range(newest - 1, max(newest - 1 - MOST_REVISIONS, -1), -1):
        section = reader.xrefs.get_xref_container_info(revision)
        end = document.find(b"%%EOF", section.end_location)
        if end < 0:
            continue
        try:
            yield take(document[: end + len(b"%%EOF")])
        except (UnreadableError, TooLargeError):
            continue  # e.g. the first part of a linearised file, which is none by itself
