"""Fields, widgets and annotations that are not what they seem (§12.5, §12.7)."""

from collections.abc import Iterator
from typing import Final

from gateway.documents.inspection.sighting import Sighting, named
from gateway.documents.inspection.snapshot import Snapshot, Value, is_reference
from gateway.documents.inspection.words import MARKS

_HIDDEN: Final = 2
_NO_VIEW: Final = 32
_DEEPEST: Final = 64


def form_sightings(snapshot: Snapshot) -> Iterator[Sighting]:
    """What the rules form-fields, widget-outside-form and (of annotations) hidden-layers see."""
    known: set[str] = set()
    for field, kind in _fields(snapshot, known):
        if kind != "/Sig":
            yield Sighting("form-fields", f"{named(field)} is a form field")
    for number, page in enumerate(snapshot.pages(), start=1):
        for reference in snapshot.annotations(page):
            annotation = snapshot.resolve(reference)
            if not isinstance(annotation, dict):
                continue
            where = f"{named(reference)} on page {number}"
            if snapshot.entry(annotation, "/Subtype") == "/Widget" and not (
                is_reference(reference) and reference in known
            ):
                yield Sighting("widget-outside-form", f"{where} is a widget outside the form")
            if _is_drawn_by_readers(snapshot, annotation):
                yield Sighting(
                    "ambiguous-structure",
                    f"{where} has no appearance, so each reader draws it in its own way",
                )
            if _is_hidden(snapshot, annotation):
                yield Sighting("hidden-layers", f"{where} is an annotation that is hidden")


def _fields(snapshot: Snapshot, known: set[str]) -> Iterator[tuple[Value, Value]]:
    """Every field without kids of its own kind, with its type; `known` gets what was walked."""
    fields = snapshot.entry(snapshot.root, "/AcroForm", "/Fields")
    todo: list[tuple[Value, Value]] = [
        (each, None) for each in (fields if isinstance(fields, list) else [])
    ]
    while todo:
        reference, inherited = todo.pop()
        if is_reference(reference):
            if reference in known:
                continue
            known.add(reference)
        field = snapshot.resolve(reference)
        if not isinstance(field, dict):
            continue
        kind = snapshot.entry(field, "/FT") or inherited
        kids = snapshot.entry(field, "/Kids")
        if isinstance(kids, list) and kids:
            todo += [(kid, kind) for kid in kids]
        else:
            yield reference, kind


def _is_drawn_by_readers(snapshot: Snapshot, annotation: dict[str, Value]) -> bool:
    """Whether it marks the page and leaves it to the reader how (§12.5.5)."""
    if is_unseen(snapshot, annotation):
        return False
    kind = snapshot.entry(annotation, "/Subtype")
    # As readers ask: an appearance that is neither a stream nor a dictionary of such is none.
    return kind in MARKS and not isinstance(snapshot.entry(annotation, "/AP", "/N"), dict)


def _is_hidden(snapshot: Snapshot, annotation: dict[str, Value]) -> bool:
    """Whether nobody sees it, though it has an appearance; signatures may be invisible."""
    if not is_unseen(snapshot, annotation):
        return False
    if snapshot.entry(annotation, "/Subtype") == "/Popup":
        return False  # a note that opens when it is clicked
    return snapshot.entry(annotation, "/AP") is not None and not signs(snapshot, annotation)


def is_unseen(snapshot: Snapshot, annotation: Value) -> bool:
    """Whether its flags keep readers from showing it (§12.5.3)."""
    flags = snapshot.entry(annotation, "/F")
    return isinstance(flags, int) and bool(flags & (_HIDDEN | _NO_VIEW))


def signs(snapshot: Snapshot, annotation: Value) -> bool:
    """Whether an annotation is the widget of a signature field."""
    node = annotation
    for _ in range(_DEEPEST):
        kind = snapshot.entry(node, "/FT")
        if kind is not None:
            return bool(kind == "/Sig")
        node = snapshot.entry(node, "/Parent")
        if node is None:
            return False
    return False
