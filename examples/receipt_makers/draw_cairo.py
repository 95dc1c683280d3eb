"""A canvas on Cairo, its text shaped by Pango."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import cairocffi
import pangocairocffi
import pangocffi
from receipt_makers.canvas import BLACK, MM, Align, Colour, Face

_BOTH: Final = {"song": "AR PL UMing CN", "hei": "WenQuanYi Micro Hei"}
_SANS: Final = {"song": "WenQuanYi Micro Hei", "hei": "WenQuanYi Micro Hei"}


class CairoCanvas:
    """Writes a PDF with Cairo; `surface` is for what only it can do."""

    def __init__(
        self,
        path: Path,
        width: float,
        height: float,
        *,
        sans: bool = False,
        families: dict[str, str] | None = None,
    ) -> None:
        self.width, self.height = width, height
        self._families = families or (_SANS if sans else _BOTH)
        self.surface = cairocffi.PDFSurface(str(path), width * MM, height * MM)
        self._context = cairocffi.Context(self.surface)

    def _layout(self, words: str, size: float, face: Face) -> pangocffi.Layout:
        layout = pangocairocffi.create_layout(self._context)
        font = pangocffi.FontDescription()
        font.family = self._families[face]
        font.size = pangocffi.units_from_double(size)
        layout.font_description = font
        layout.text = words
        return layout

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: float,
        face: Face = "song",
        align: Align = "left",
        colour: Colour = BLACK,
    ) -> None:
        """Write `words` with their base line at `y`."""
        layout = self._layout(words, size * 0.75, face)  # Pango counts 96 dots to the inch
        share = {"left": 0.0, "centre": 0.5, "right": 1.0}[align]
        extent = layout.get_extents()[1]
        start = x * MM - share * pangocffi.units_to_double(extent.width)
        base = pangocffi.units_to_double(layout.get_baseline())
        self._context.set_source_rgb(*colour)
        self._context.move_to(start, y * MM - base)
        pangocairocffi.show_layout(self._context, layout)

    def width_of(self, words: str, size: float, face: Face = "song") -> float:
        """How wide `words` would be."""
        extent = self._layout(words, size * 0.75, face).get_extents()[1]
        return float(pangocffi.units_to_double(extent.width)) / MM

    def line(
        self,
        x1: float,
        y1: float,
        x2: float,
        y2: float,
        *,
        weight: float = 0.2,
        dashed: bool = False,
        colour: Colour = BLACK,
    ) -> None:
        """Draw a line."""
        self._context.set_source_rgb(*colour)
        self._context.set_line_width(weight * MM)
        self._context.set_dash([2, 2] if dashed else [])
        self._context.move_to(x1 * MM, y1 * MM)
        self._context.line_to(x2 * MM, y2 * MM)
        self._context.stroke()
        self._context.set_dash([])

    def box(
        self,
        x: float,
        y: float,
        w: float,
        h: float,
        *,
        weight: float = 0.2,
        colour: Colour = BLACK,
        fill: Colour | None = None,
    ) -> None:
        """Draw a rectangle."""
        paint: list[tuple[Colour, Callable[[], None]]] = []
        if fill is not None:
            paint.append((fill, self._context.fill))
        if weight:
            paint.append((colour, self._context.stroke))
        self._context.set_line_width(weight * MM)
        for ink, put in paint:
            self._context.set_source_rgb(*ink)
            self._context.rectangle(x * MM, y * MM, w * MM, h * MM)
            put()

    def next_page(self) -> None:
        """Begin another page of the same size."""
        self.surface.show_page()

    def save(self) -> None:
        """Write the file."""
        self.surface.show_page()
        self.surface.finish()
