"""Company-supplied SVG, reduced to filled paths."""

from collections.abc import Sequence
from typing import Any

from gateway.documents.stamp.errors import StampError
from gateway.documents.stamp.fills import Box, Fill, artwork_of
from gateway.documents.stamp.intake import admit
from gateway.documents.stamp.magnify import magnified
from gateway.documents.stamp.model import Artwork, require_side
from gateway.documents.stamp.operators import fill_color
from gateway.documents.stamp.outline import bounds

_UNITS = 4000.0
_WHITE = "1 1 1 rg"


def artwork_from_svg(svg_text: str, *, width_mm: float, trim: bool = False) -> Artwork:
    """The picture as filled paths, `width_mm` wide; its height follows the viewBox.

    With `trim` empty and white margins are cut off first, so that the width is that of the mark.

    Understood: paths and basic shapes with solid fills and strokes, transforms and use. What lies
    outside the viewBox is cut off. Refused rather than drawn otherwise than the designer saw it:
    text, pictures, gradients, transparency, clipping, style sheets, scripts and outside
    references, and what is too large to be a seal.

    Raises:
        StampError: the SVG is not well-formed, not understood, too large, or draws nothing.
    """
    require_side("width", width_mm)
    picture = magnified(admit(svg_text), _UNITS)
    view_box = picture.view_box()
    box = Box(view_box.x, view_box.y, view_box.w, view_box.h)
    fills = _fills(picture)
    return artwork_of(fills, _trimmed(box, fills) if trim else box, width_mm=width_mm)


def _fills(picture: Any) -> list[Fill]:  # noqa: ANN401  # picosvg is half typed
    """What paints, in painting order, in the units of the viewBox, transforms applied.

    Of picosvg's own `topicosvg` these are the steps that are needed here. The others parse every
    path again and again, and turn even-odd fills into winding fills, which PDF does not need.
    """
    try:
        found = [
            Fill(
                outline=tuple(shape.as_cmd_seq()),
                color=shape.fill,
                even_odd=shape.fill_rule == "evenodd",
            )
            for shape in picture.simplify().shapes()
            if shape.d
            and shape.display != "none"
            and shape.fill != "none"
            and shape.opacity * shape.fill_opacity > 0
        ]
    except Exception as error:  # picosvg raises whatever its parsers meet
        why = str(error) or type(error).__name__
        raise StampError(
            f"The SVG cannot be reduced to filled paths: {why}."
            " In the drawing program turn objects into plain paths and save again."
        ) from error
    if not found:
        raise StampError(
            "The SVG draws nothing. Check that its shapes are visible, and filled or stroked."
        )
    return found


def _trimmed(box: Box, fills: Sequence[Fill]) -> Box:
    """The part of the box that has ink; all of it where there is none but white."""
    inked = [fill.outline for fill in fills if fill_color(fill.color) != _WHITE]
    x0, y0, x1, y1 = bounds(inked or [fill.outline for fill in fills])
    x0, y0 = max(x0, box.x), max(y0, box.y)
    x1, y1 = min(x1, box.x + box.w), min(y1, box.y + box.h)
    if x1 - x0 <= 0 or y1 - y0 <= 0:
        return box
    return Box(x0, y0, x1 - x0, y1 - y0)
