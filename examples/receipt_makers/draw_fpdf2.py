"""A canvas on fpdf2."""

import datetime as dt
from pathlib import Path

from fpdf import FPDF
from receipt_makers.canvas import BLACK, HEI_FILE, MM, SONG_FILE, Align, Colour, Face

_WRITTEN = dt.datetime(2026, 3, 2, 8, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))


def _rgb(colour: Colour) -> tuple[int, int, int]:
    red, green, blue = (round(255 * part) for part in colour)
    return red, green, blue


class Fpdf2Canvas:
    """Writes a PDF with fpdf2; `pdf` is its own document, for what only it can do."""

    def __init__(self, width: float, height: float, *, sans: bool = False) -> None:
        self.width, self.height = width, height
        self.pdf = FPDF(unit="mm", format=(width, height))
        self.pdf.set_creation_date(_WRITTEN)
        self.pdf.set_auto_page_break(auto=False)
        self.pdf.add_font("song", fname=HEI_FILE if sans else SONG_FILE, collection_font_number=0)
        self._names: dict[Face, str] = {"song": "song", "hei": "song" if sans else "hei"}
        if not sans:
            self.pdf.add_font("hei", fname=HEI_FILE, collection_font_number=0)
        self.pdf.add_page()

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
        self.pdf.set_text_color(*_rgb(colour))
        share = {"left": 0.0, "centre": 0.5, "right": 1.0}[align]
        start = x - share * self.width_of(words, size, face)
        self.pdf.text(start, y, words)

    def width_of(self, words: str, size: float, face: Face = "song") -> float:
        """How wide `words` would be."""
        self.pdf.set_font(self._names[face], size=size)
        return float(self.pdf.get_string_width(words))

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
        self.pdf.set_draw_color(*_rgb(colour))
        self.pdf.set_line_width(weight)
        if dashed:
            self.pdf.set_dash_pattern(dash=2 / MM, gap=2 / MM)
        self.pdf.line(x1, y1, x2, y2)
        self.pdf.set_dash_pattern()

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
        self.pdf.set_draw_color(*_rgb(colour))
        self.pdf.set_line_width(weight or 0.2)
        if fill is not None:
            self.pdf.set_fill_color(*_rgb(fill))
        style = ("D" if weight else "") + ("F" if fill is not None else "")
        self.pdf.rect(x, y, w, h, style=style)

    def next_page(self) -> None:
        """Begin another page of the same size."""
        self.pdf.add_page()

    def save(self, path: Path) -> None:
        """Write the file."""
        self.pdf.output(str(path))
