"""Fields that the form asks readers to draw anew, which a seal does not let them do any more.

`/NeedAppearances` (§12.7.3) has some readers draw a field by its value; others show what is in the
file. A seal takes it away: afterwards all show what is in the file. So both have to be the same.
"""

from collections.abc import Iterator, Sequence
from typing import Final
from unicodedata import normalize

from gateway.documents.inspection.appearances import Appearance, Shown, shown_by, stream_of
from gateway.documents.inspection.bounds import MOST_FIELDS_READ
from gateway.documents.inspection.sighting import Sighting, named
from gateway.documents.inspection.snapshot import Snapshot
from gateway.documents.inspection.values import (
    OFF,
    Widget,
    are_drawn_anew,
    state_of,
    text_of,
    widgets_of,
)
from gateway.documents.placing.keywords import folded

_MASKS: Final = frozenset("*•●∗")


def redrawn_sightings(
    document: bytes, snapshot: Snapshot, *, can_be_drawn: bool
) -> Iterator[Sighting]:
    """What ambiguous-structure and undrawn-fields see in a form that is drawn anew.

    Args:
        document: the file.
        snapshot: its objects.
        can_be_drawn: whether pdfium reads the same file, and is not choked by it.
    """
    if not are_drawn_anew(snapshot):
        return
    widgets = list(widgets_of(snapshot))
    if len(widgets) > MOST_FIELDS_READ:
        yield Sighting("limits", f"more than {MOST_FIELDS_READ} fields are drawn by readers")
        can_be_drawn = False
    drawn: list[tuple[Widget, Appearance]] = []
    for each in widgets:
        appearance = _appearance(snapshot, each)
        if appearance is not None:
            drawn.append((each, appearance))
        elif _says_something(snapshot, each):
            yield _undrawn(each)
    appearances = [appearance for _, appearance in drawn]
    found: Iterator[Shown | None] | Sequence[None] = (
        shown_by(document, snapshot, appearances) if can_be_drawn else [None] * len(appearances)
    )
    for (each, _), shown in zip(drawn, found, strict=True):
        yield from _compared(snapshot, each, shown)


def _appearance(snapshot: Snapshot, widget: Widget) -> Appearance | None:
    """What the file has to show for it, as it stands."""
    stream = _only_stream(snapshot, widget)
    if stream is None:
        states, state = snapshot.entry(widget.place, "/AP", "/N"), _state(snapshot, widget)
        stream = stream_of(snapshot, states.get(state)) if isinstance(states, dict) else None
    if stream is None:
        return None
    return Appearance(stream, widget.size, is_comb=widget.is_comb, is_mark=widget.has_states)


def _only_stream(snapshot: Snapshot, widget: Widget) -> str | None:
    """The appearance that it has whatever its state."""
    appearances = snapshot.entry(widget.place, "/AP")
    return stream_of(snapshot, appearances.get("/N")) if isinstance(appearances, dict) else None


def _state(snapshot: Snapshot, widget: Widget) -> str:
    state = snapshot.entry(widget.place, "/AS")
    return state if isinstance(state, str) else OFF


def _says_something(snapshot: Snapshot, widget: Widget) -> bool:
    """Whether a reader would draw more than a frame."""
    if widget.has_states:
        return _is_ticked(snapshot, widget) is not False
    return not widget.is_secret and text_of(snapshot, widget) != ""


def _compared(snapshot: Snapshot, widget: Widget, shown: Shown | None) -> Iterator[Sighting]:
    if shown is None:
        yield _ambiguous(widget, "nobody can say whether its appearance shows its value")
    elif widget.has_states:
        yield from _compared_state(snapshot, widget, shown)
    elif widget.is_secret:
        if not _MASKS.issuperset(shown.text):
            yield _ambiguous(widget, "its appearance shows more than that there is a password")
    elif shown.is_blank:
        if _says_something(snapshot, widget):
            yield _undrawn(widget)
    else:
        said = text_of(snapshot, widget)
        if said is None or _plain(said) != shown.text:
            yield _ambiguous(widget, "its appearance shows something else than its value")


def _compared_state(snapshot: Snapshot, widget: Widget, shown: Shown) -> Iterator[Sighting]:
    ticked = _is_ticked(snapshot, widget)
    is_drawn_ticked = _state(snapshot, widget) != OFF
    if ticked is None or ticked != is_drawn_ticked or len(shown.text) > ticked:
        yield _ambiguous(widget, "its appearance shows another state than its value")
    elif ticked and shown.is_blank:
        yield _undrawn(widget)


def _is_ticked(snapshot: Snapshot, widget: Widget) -> bool | None:
    """Whether the field's value is this box's own state; None: readers differ."""
    value = state_of(snapshot, widget)
    if value is None or _only_stream(snapshot, widget) is not None:
        return None
    if value == OFF:
        return False
    states = snapshot.entry(widget.place, "/AP", "/N")
    if not isinstance(states, dict) or stream_of(snapshot, states.get(value)) is not None:
        return True
    # It may be the state of another box of the field, if there is one.
    return None if "/T" in snapshot.resolve(widget.place) else False


def _plain(text: str) -> str | None:
    """As characters of a page are read: white space apart. None: some are seen or not."""
    together = "".join(normalize("NFC", text).split())
    return "".join(map(folded, together)) if all(map(folded, together)) else None


def _undrawn(widget: Widget) -> Sighting:
    return Sighting(
        "undrawn-fields",
        f"{_where(widget)} has a value that its appearance does not show, so only readers that "
        "draw fields anew show it",
    )


def _ambiguous(widget: Widget, what: str) -> Sighting:
    return Sighting(
        "ambiguous-structure",
        f"{_where(widget)} is a field that some readers draw by its value, and {what}",
    )


def _where(widget: Widget) -> str:
    return f"{named(widget.place)} on page {widget.page}"
