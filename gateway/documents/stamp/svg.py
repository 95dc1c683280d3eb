"""Company-supplied SVG, reduced to filled paths and written as a PDF content stream."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from gateway.documents.stamp.errors import StampError
from gateway.documents.stamp.intake import admit
from gateway.documents.stamp.magnify import magnified
from gateway.documents.stamp.model import POINTS_PER_MM, Artwork, require_side
from gateway.documents.stamp.operators import clipped, fill_color, fill_path
from gateway.documents.stamp.outline import Affine, Outline, bounds, moved

MAX_CONTENT_BYTES = 512 * 1024

_UNITS = 4000.0
_WHITE = "1 1 1 rg"
# Points; half a hundredth of a millimetre is rounding, not a shape that stands out.
_SLACK = 0.015


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
    box = picture.view_box()
    fills = _fills(picture)
    if trim:
        box = _trimmed(box, fills)
    height_mm = width_mm * box.h / box.w
    require_side("height", height_mm)
    width, height = width_mm * POINTS_PER_MM, height_mm * POINTS_PER_MM
    scale = width / box.w
    # SVG's y grows downwards, PDF's upwards.
    to_page = Affine(scale, 0, 0, -scale, -scale * box.x, scale * box.y + height)
    fills = [replace(fill, outline=moved(fill.outline, to_page)) for fill in fills]
    lines = []
    color = None
    for fill in fills:
        if fill.color != color:
            color = fill.color
            lines.append(fill_color(color))
        lines.append(fill_path(fill.outline, even_odd=fill.even_odd))
    if _stands_out(fills, width, height):
        lines = clipped(lines, width, height)
    content = "\n".join([*lines, ""]).encode("ascii")
    if len(content) > MAX_CONTENT_BYTES:
        raise StampError(
            f"The SVG needs {len(content)} bytes of drawing commands, more than the"
            f" {MAX_CONTENT_BYTES} that a stamp may add to every document. Simplify its paths."
        )
    return Artwork(width_mm=width_mm, height_mm=height_mm, content=content, image=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fill:
    """An outline, and how it is filled."""

    outline: Outline
    color: str
    even_odd: bool


def _fills(picture: Any) -> list[_Fill]:  # noqa: ANN401  # picosvg is half typed
    """What paints, in painting order, in the units of the viewBox, transforms applied.

    Of picosvg's own `topicosvg` these are the steps that are needed here. The others parse every
    path again and again, and turn even-odd fills into winding fills, which PDF does not need.
    """
    try:
        found = [
            _Fill(
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


def _trimmed(view_box: Any, fills: Sequence[_Fill]) -> Any:  # noqa: ANN401  # picosvg is half typed
    """The part of the viewBox that has ink; all of it where there is none but white."""
    inked = [fill.outline for fill in fills if fill_color(fill.color) != _WHITE]
    x0, y0, x1, y1 = bounds(inked or [fill.outline for fill in fills])
    x0, y0 = max(x0, view_box.x), max(y0, view_box.y)
    x1, y1 = min(x1, view_box.x + view_box.w), min(y1, view_box.y + view_box.h)
    if x1 - x0 <= 0 or y1 - y0 <= 0:
        return view_box
    return type(view_box)(x0, y0, x1 - x0, y1 - y0)


def _stands_out(fills: Sequence[_Fill], width: float, height: float) -> bool:
    """Whether a point, perhaps one that only guides a curve, lies outside the page box."""
    return any(
        not (-_SLACK <= x <= width + _SLACK and -_SLACK <= y <= height + _SLACK)
        for fill in fills
        for _, numbers in fill.outline
        for x, y in zip(numbers[::2], numbers[1::2], strict=True)
    )
