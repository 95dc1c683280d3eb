"""`inspect`: everything that the intake rules find in a document."""

from collections.abc import Iterator
from contextlib import ExitStack

from gateway.documents.errors import DocumentTooDemandingProblem, EncryptedDocumentProblem
from gateway.documents.inspection.active import active_sightings
from gateway.documents.inspection.agreement import listed_offsets, reader_sightings
from gateway.documents.inspection.annotations import sheets_of
from gateway.documents.inspection.bounds import UNREADABLE_REVISIONS
from gateway.documents.inspection.boxes import box_sightings
from gateway.documents.inspection.drawn import drawn_sightings
from gateway.documents.inspection.expansion import refuse_endless_drawing
from gateway.documents.inspection.fonts import font_sightings
from gateway.documents.inspection.forms import form_sightings
from gateway.documents.inspection.layers import layer_sightings
from gateway.documents.inspection.patterns import has_costly_pattern
from gateway.documents.inspection.raw import raw_sightings
from gateway.documents.inspection.reach import reach_sightings
from gateway.documents.inspection.redrawn import redrawn_sightings
from gateway.documents.inspection.sighting import Sighting, findings_of
from gateway.documents.inspection.size import size_sightings
from gateway.documents.inspection.snapshot import TooLargeError, UnreadableError, take
from gateway.documents.inspection.uses import use_sightings
from gateway.documents.pyhanko.opened import Opened
from gateway.documents.pyhanko.reading import reading_refusals
from policies.model import IntakeFinding

READERS_DIFFER = frozenset(
    {"ambiguous-structure", "duplicate-keys", "duplicate-objects", "hybrid-cross-references"}
)
"""Rules whose findings mean that other software may see another document than we do."""
UNDRAWN = READERS_DIFFER | {"limits"}
"""Rules after whose findings a document is not drawn."""


def inspect(
    document: bytes, *, look_under: bool = True, opened: Opened | None = None
) -> tuple[IntakeFinding, ...]:
    """What the rules of `policies.intake` find, one finding a rule, sorted by rule.

    A function of the bytes alone. Memory and time are bounded by `bounds` as far as that can be
    done from inside; the rest is for whoever runs the process.

    Args:
        document: the file.
        look_under: whether pages are drawn, to see what lies under pictures and annotations or
            outside the visible page. It matters where something may be changed after sealing.
        opened: the document as it is opened, for whoever asks more of it than this.

    Raises:
        DocumentProblem: it is no PDF that could be judged, e.g. empty, truncated or damaged.
    """
    with reading_refusals(), ExitStack() as stack:
        if opened is None:
            opened = stack.enter_context(Opened(document))
        try:
            reader = opened.reader
        except EncryptedDocumentProblem as encrypted:
            return findings_of([Sighting("encryption", encrypted.detail)])
        revisions = reader.xrefs.total_revisions
        if revisions > UNREADABLE_REVISIONS:
            raise DocumentTooDemandingProblem(
                f"it has {revisions} revisions; with more than {UNREADABLE_REVISIONS} readers take "
                "too long"
            )
        return findings_of(_sightings(opened, look_under=look_under))


def _sightings(opened: Opened, *, look_under: bool) -> Iterator[Sighting]:
    reader, document = opened.reader, opened.document
    found = list(raw_sightings(document, listed_offsets(reader)))
    try:
        snapshot = take(document)
    except UnreadableError as error:
        yield from found
        yield Sighting("ambiguous-structure", f"qpdf cannot read it without repair: {error}")
        return
    except TooLargeError as error:
        yield from found
        yield Sighting("limits", str(error))
        return
    found += reader_sightings(reader, document, snapshot)
    found += size_sightings(reader, document, snapshot)
    yield from found
    yield from reach_sightings(reader, document, snapshot)
    yield from use_sightings(snapshot)
    yield from active_sightings(snapshot)
    yield from form_sightings(snapshot)
    yield from layer_sightings(snapshot)
    yield from box_sightings(snapshot)
    refuse_endless_drawing(document, snapshot)
    # What could choke pdfium is not drawn, nor what pdfium may read in another way than we did.
    can_be_drawn = not UNDRAWN & {rule for rule, _ in found}
    if can_be_drawn:
        yield from font_sightings(document, snapshot)
    yield from redrawn_sightings(document, snapshot, can_be_drawn=can_be_drawn)
    if look_under and snapshot.pages() and can_be_drawn:
        yield from drawn_sightings(
            opened.pages, sheets_of(snapshot), lambda: has_costly_pattern(snapshot)
        )
