"""How a place is framed: what both ways of writing have to do alike."""

from gateway.documents.placing.geometry import Area
from gateway.documents.placing.places import StampPlace

STAMP_FLAGS = 1 << 2 | 1 << 6 | 1 << 7 | 1 << 9
"""/F of a stamp annotation (ISO 32000-2 §12.5.3): Print, ReadOnly, Locked, LockedContents."""


def rectangle(place: StampPlace) -> tuple[float, float, float, float]:
    """The place in user space, to a ten thousandth of a unit."""
    box = place.geometry.to_user_space(place.area)
    return round(box.x0, 4), round(box.y0, 4), round(box.x1, 4), round(box.y1, 4)


def window_of(place: StampPlace, width: float, height: float) -> Area:
    """What of the artwork a place shows: millimetres from the artwork's top left corner.

    Args:
        place: where it is shown.
        width: of the artwork, millimetres.
        height: of the artwork, millimetres.
    """
    if place.field is not None and place.field.box is not None:
        room = place.geometry.to_area(place.field.box)
        return Area(
            (width - room.width_mm) / 2,
            (height - room.height_mm) / 2,
            room.width_mm,
            room.height_mm,
        )
    if place.part is None:
        return Area(0.0, 0.0, width, height)
    start, length = place.part.start, place.part.end - place.part.start
    if place.part.axis == "x":
        return Area(start * width, 0.0, length * width, height)
    return Area(0.0, start * height, width, length * height)
