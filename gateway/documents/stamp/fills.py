"""Filled outlines, and the PDF content stream that draws them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from gateway.documents.stamp.errors import StampError
from gateway.documents.stamp.model import POINTS_PER_MM, Artwork, require_side
from gateway.documents.stamp.operators import clipped, fill_color, fill_path
from gateway.documents.stamp.outline import Affine, Outline, moved

MAX_CONTENT_BYTES = 512 * 1024

# Points; half a hundredth of a millimetre is rounding, not a shape that stands out.
_SLACK = 0.015


class Box(NamedTuple):
    """The part of a picture that is shown: its corner, width and height, y downwards."""

    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """An outline in the units of a picture, y downwards, and how it is filled.

    `color` is an SVG colour; the rule is even-odd or non-zero winding (ISO 32000-1 §8.5.3.3).
    """

    outline: Outline
    color: str
    even_odd: bool


def artwork_of(fills: Sequence[Fill], box: Box, *, width_mm: float) -> Artwork:
    """The fills in painting order, so large that `box` is `width_mm` wide; the rest is cut off.

    Raises:
        StampError: a side that no stamp has, no solid colour, or too many drawing commands.
    """
    height_mm = width_mm * box.h / box.w
    require_side("height", height_mm)
    width, height = width_mm * POINTS_PER_MM, height_mm * POINTS_PER_MM
    scale = width / box.w
    # PDF's y grows upwards.
    to_page = Affine(scale, 0, 0, -scale, -scale * box.x, scale * box.y + height)
    outlines = [moved(fill.outline, to_page) for fill in fills]
    lines = []
    color = None
    for fill, outline in zip(fills, outlines, strict=True):
        if fill.color != color:
            color = fill.color
            lines.append(fill_color(color))
        lines.append(fill_path(outline, even_odd=fill.even_odd))
    if _stands_out(outlines, width, height):
        lines = clipped(lines, width, height)
    content = "\n".join([*lines, ""]).encode("ascii")
    if len(content) > MAX_CONTENT_BYTES:
        raise StampError(
            f"The SVG needs {len(content)} bytes of drawing commands, more than the"
            f" {MAX_CONTENT_BYTES} that a stamp may add to every document. Simplify its paths."
        )
    return Artwork(width_mm=width_mm, height_mm=height_mm, content=content, image=None)


def _stands_out(outlines: Sequence[Outline], width: float, height: float) -> bool:
    """Whether a point, perhaps one that only guides a curve, lies outside the page box."""
    return any(
        not (-_SLACK <= x <= width + _SLACK and -_SLACK <= y <= height + _SLACK)
        for outline in outlines
        for _, numbers in outline
        for x, y in zip(numbers[::2], numbers[1::2], strict=True)
    )
