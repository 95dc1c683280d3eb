"""Where annotations lie on pages, and which of them show signatures."""

from collections.abc import Iterator
from typing import Final

from gateway.documents.inspection.boxes import box_of, cropped
from gateway.documents.inspection.forms import signs
from gateway.documents.inspection.sheets import Sheet
from gateway.documents.inspection.snapshot import Snapshot, Value
from gateway.revisions.text_boxes import Box

# Whose appearance is not there to be looked at, or stands in for something outside the page.
_NO_COVERS: Final = frozenset({"/Link", "/Popup"})


def sheets_of(snapshot: Snapshot) -> list[Sheet]:
    """Every page before it is drawn."""
    return [
        Sheet(
            visible=cropped(snapshot, page),
            covers=_annotation_boxes(snapshot, page),
            stamps=_stamp_boxes(snapshot, page),
            is_drawn_as_written=_is_drawn_as_written(snapshot, page),
        )
        for page in snapshot.pages()
    ]


def _annotation_boxes(snapshot: Snapshot, page: str) -> list[Box]:
    return [
        box
        for annotation, box in _shown(snapshot, page)
        if snapshot.entry(annotation, "/Subtype") not in _NO_COVERS
    ]


def _is_drawn_as_written(snapshot: Snapshot, page: str) -> bool:
    return all(
        snapshot.entry(annotation, "/Subtype") == "/Link"
        or isinstance(snapshot.entry(annotation, "/AP", "/N"), dict)
        for annotation in snapshot.annotations(page)
    )


def _stamp_boxes(snapshot: Snapshot, page: str) -> list[Box]:
    """Where the page shows signatures that were given: widgets, and stamps that go with them."""
    flags = snapshot.entry(snapshot.root, "/AcroForm", "/SigFlags")
    is_signed = isinstance(flags, int) and bool(flags & 1)
    return [
        box
        for annotation, box in _shown(snapshot, page)
        if _is_signed(snapshot, annotation)
        or (is_signed and snapshot.entry(annotation, "/Subtype") == "/Stamp")
    ]


def _is_signed(snapshot: Snapshot, annotation: Value) -> bool:
    """Whether it is the widget of a field that has a signature; its parent may be the field."""
    values = (snapshot.entry(annotation, "/V"), snapshot.entry(annotation, "/Parent", "/V"))
    return any(each is not None for each in values) and signs(snapshot, annotation)


def _shown(snapshot: Snapshot, page: str) -> Iterator[tuple[Value, Box]]:
    """Annotations that have an appearance, and where."""
    for reference in snapshot.annotations(page):
        annotation = snapshot.resolve(reference)
        box = box_of(snapshot, snapshot.entry(annotation, "/Rect"))
        if snapshot.entry(annotation, "/AP") is not None and box is not None:
            yield annotation, box
