"""The pages' boxes (§14.11.2): what is visible, and whether that can be said at all."""

from collections.abc import Iterator
from typing import Final

from gateway.documents.inspection.sighting import Sighting
from gateway.documents.inspection.snapshot import Snapshot, Value
from gateway.revisions.text_boxes import Box

_SMALLEST_UNITS: Final = 20.0  # 7 mm: a business document shows more of itself
_SLACK_UNITS: Final = 1.0  # producers round their boxes
_LARGEST: Final = 1e9  # beyond, a float keeps no units
_RULE: Final = "page-box-tricks"


def box_sightings(snapshot: Snapshot) -> Iterator[Sighting]:
    """What the rule page-box-tricks is about, but for what is drawn outside (`drawn`)."""
    for number, page in enumerate(snapshot.pages(), start=1):
        media = read_box(snapshot, page, "/MediaBox")
        crop = read_box(snapshot, page, "/CropBox")
        if media is None:
            yield Sighting(_RULE, f"page {number} has no /MediaBox of four numbers")
        elif crop is None:
            if snapshot.inherited(page, "/CropBox") is not None:
                yield Sighting(_RULE, f"page {number} has a /CropBox that is none")
            yield from _if_small(media, number)
        elif not media.meets(crop):
            yield Sighting(_RULE, f"page {number} has a /CropBox outside its /MediaBox")
        else:
            yield from _if_small(media.common(crop), number)


def _if_small(visible: Box, number: int) -> Iterator[Sighting]:
    if visible.right - visible.left < _SMALLEST_UNITS or (
        visible.top - visible.bottom < _SMALLEST_UNITS
    ):
        yield Sighting(_RULE, f"page {number} shows less than {_SMALLEST_UNITS:g} units of itself")


def cropped(snapshot: Snapshot, page: str) -> Box | None:
    """What is visible of a page whose /CropBox hides something; None when it hides nothing."""
    media = read_box(snapshot, page, "/MediaBox")
    crop = read_box(snapshot, page, "/CropBox")
    if media is None or crop is None or not media.meets(crop):
        return None
    visible = media.common(crop)
    cut = max(abs(one - other) for one, other in zip(media, visible, strict=True))
    return visible if cut > _SLACK_UNITS else None


def read_box(snapshot: Snapshot, page: str, key: str) -> Box | None:
    """A box of the page, its own or inherited; None when it is not there or no box."""
    box = box_of(snapshot, snapshot.inherited(page, key))
    return box if box is not None and all(abs(each) <= _LARGEST for each in box) else None


def box_of(snapshot: Snapshot, rectangle: Value) -> Box | None:
    """A rectangle, whichever two of its corners it names (§7.9.5); None when it is none."""
    corners = [snapshot.resolve(each) for each in rectangle] if isinstance(rectangle, list) else []
    match corners:
        case [
            int() | float() as x0,
            int() | float() as y0,
            int() | float() as x1,
            int() | float() as y1,
        ]:
            return Box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
        case _:
            return None
