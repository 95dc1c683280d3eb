"""A canvas on ReportLab."""

from pathlib import Path
from typing import Final

from receipt_makers.canvas import BLACK, HEI_FILE, MM, SONG_FILE, Align, Colour, Face
from reportlab import rl_config
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas as Writer

_BOTH: Final = {"song": "song", "hei": "hei"}
_SANS: Final = {"song": "hei", "hei": "hei"}
NOT_EMBEDDED: Final = {"song": "STSong-Light", "hei": "STSong-Light"}
"""Adobe's GB1 font by name only, as many older business systems write it."""


def register_fonts() -> None:
    """Make the faces known to ReportLab; more than once does no harm."""
    pdfmetrics.registerFont(TTFont("song", SONG_FILE, subfontIndex=0))
    pdfmetrics.registerFont(TTFont("hei", HEI_FILE, subfontIndex=0))
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))


class ReportLabCanvas:
    """Writes a PDF with ReportLab; `pdf` is its own canvas, for what only it can do."""

    def __init__(
        self,
        path: Path,
        width: float,
        height: float,
        *,
        rotate: int = 0,
        sans: bool = False,
        fonts: dict[str, str] | None = None,
        version: tuple[int, int] = (1, 3),
    ) -> None:
        register_fonts()
        self.width, self.height = width, height
        self._rotate = rotate
        self._fonts = fonts or (_SANS if sans else _BOTH)
        size = (width * MM, height * MM)  # ReportLab swaps them itself on a page turned by 90°
        self.pdf = Writer(
            str(path), pagesize=size, invariant=1, pdfVersion=version, pageCompression=1
        )
        self._begin()

    def _begin(self) -> None:
        w, h = self.width * MM, self.height * MM
        turns = {90: (0, 1, -1, 0, h, 0), 180: (-1, 0, 0, -1, w, h), 270: (0, -1, 1, 0, 0, w)}
        if self._rotate:
            self.pdf.setPageRotation(self._rotate)
            self.pdf.transform(*turns[self._rotate])

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
        self.pdf.setFont(self._fonts[face], size)
        self.pdf.setFillColorRGB(*colour)
        draw = {
            "left": self.pdf.drawString,
            "centre": self.pdf.drawCentredString,
            "right": self.pdf.drawRightString,
        }[align]
        draw(x * MM, (self.height - y) * MM, words)

    def width_of(self, words: str, size: float, face: Face = "song") -> float:
        """How wide `words` would be."""
        return float(pdfmetrics.stringWidth(words, self._fonts[face], size)) / MM

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
        self.pdf.setStrokeColorRGB(*colour)
        self.pdf.setLineWidth(weight * MM)
        self.pdf.setDash([2, 2] if dashed else [])
        self.pdf.line(x1 * MM, (self.height - y1) * MM, x2 * MM, (self.height - y2) * MM)
        self.pdf.setDash([])

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
        self.pdf.setStrokeColorRGB(*colour)
        self.pdf.setLineWidth(weight * MM)
        if fill is not None:
            self.pdf.setFillColorRGB(*fill)
        bottom = (self.height - y - h) * MM
        self.pdf.rect(
            x * MM, bottom, w * MM, h * MM, stroke=int(weight > 0), fill=int(fill is not None)
        )

    def next_page(self) -> None:
        """Begin another page of the same size."""
        self.pdf.showPage()
        self._begin()

    def save(self, *, ascii85: bool = False) -> None:
        """Write the file; `ascii85` keeps streams printable, as ReportLab does unless told."""
        rl_config.useA85 = int(ascii85)
        self.pdf.showPage()
        self.pdf.save()
