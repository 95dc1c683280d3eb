"""A canvas on a grey bitmap: paper as a scanner sees it."""

import hashlib
from typing import Final

from PIL import Image, ImageChops, ImageDraw, ImageFont
from receipt_makers.canvas import BLACK, HEI_FILE, Align, Colour, Face

_FILES: Final = {  # not the canvases' serif face: its small sizes are bitmaps
    "song": ("/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc", 2),
    "hei": (HEI_FILE, 0),
}


def _grey(colour: Colour) -> int:
    red, green, blue = colour
    return round(25 + 200 * (0.3 * red + 0.59 * green + 0.11 * blue))  # toner is never black


class BitmapCanvas:
    """Draws on `image`, an 8-bit grey picture at `dpi` dots per inch."""

    def __init__(self, width: float, height: float, dpi: int = 150) -> None:
        self.width, self.height = width, height
        self._dots = dpi / 25.4
        self._paper = (round(width * self._dots), round(height * self._dots))
        self.pages: list[Image.Image] = []
        self.next_page()

    def _font(self, size: float, face: Face) -> ImageFont.FreeTypeFont:
        file, index = _FILES[face]
        return ImageFont.truetype(file, size * self._dots * 25.4 / 72, index)

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
        anchor = {"left": "ls", "centre": "ms", "right": "rs"}[align]
        at = (x * self._dots, y * self._dots)
        self._draw.text(at, words, _grey(colour), self._font(size, face), anchor)

    def width_of(self, words: str, size: float, face: Face = "song") -> float:
        """How wide `words` would be."""
        return float(self._font(size, face).getlength(words)) / self._dots

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
        """Draw a line; dashes become grey, which a scan hardly tells apart."""
        dots = self._dots
        ends = (x1 * dots, y1 * dots, x2 * dots, y2 * dots)
        self._draw.line(ends, 150 if dashed else _grey(colour), max(1, round(weight * dots)))

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
        dots = self._dots
        corners = (x * dots, y * dots, (x + w) * dots, (y + h) * dots)
        inside = None if fill is None else _grey(fill)
        outline = _grey(colour) if weight else None
        self._draw.rectangle(corners, inside, outline, max(1, round(weight * dots)))

    def next_page(self) -> None:
        """Begin another page of the same size."""
        self.pages.append(Image.new("L", self._paper, 244))
        self._draw = ImageDraw.Draw(self.pages[-1])

    def scanned(self, *, tilt: float) -> list[Image.Image]:
        """The pages as they come off the glass: `tilt` degrees askew, and dusty."""
        return [
            _dusty(page.rotate(tilt, Image.Resampling.BICUBIC, fillcolor=228), index)
            for index, page in enumerate(self.pages)
        ]


def _dusty(page: Image.Image, seed: int) -> Image.Image:
    """Add the same faint specks every time."""
    specks = Image.new("L", page.size, 255)
    draw = ImageDraw.Draw(specks)
    for index in range(140):
        noise = hashlib.sha256(f"{seed}:{index}".encode()).digest()
        x = int.from_bytes(noise[:4], "big") % page.width
        y = int.from_bytes(noise[4:8], "big") % page.height
        size = noise[8] % 3
        draw.ellipse((x, y, x + size, y + size), 120 + noise[9] // 2)
    return ImageChops.multiply(page, specks)
