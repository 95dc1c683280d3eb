"""What the intake inspection finds, without inspecting: where a proof says what there can be."""

from gateway.documents.inspection.drawn import drawn_sightings
from gateway.documents.inspection.sighting import findings_of
from gateway.documents.lean.reading import LeanReading
from gateway.documents.opened_pages import OpenedPages
from policies.model import IntakeFinding


def found_by_drawing(
    reading: LeanReading, pages: OpenedPages, *, look_under: bool
) -> tuple[IntakeFinding, ...] | None:
    """The findings of a document in which nothing can be found but by drawing it.

    Args:
        reading: the document.
        pages: its pages.
        look_under: see `gateway.documents.inspection.inspecting.inspect`, which finds the same.

    Returns:
        None: something else may be found, too.
    """
    if not reading.is_clean(look_under=False, opened=pages):
        return None
    if not (look_under and reading.may_cover()):
        return ()
    sheets = reading.sheets()
    if sheets is None:
        return None
    return findings_of(drawn_sightings(pages, sheets, has_costly_pattern=lambda: False))
