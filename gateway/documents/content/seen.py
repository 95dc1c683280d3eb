"""Which characters of a page a reader sees: those that leave ink; pdfium draws.

White on white, transparent, clipped, in a layer that is off, off the page, under a picture or a
filled shape: such text can be read out of a file, and nobody sees it. The page is drawn with its
text and without; where both are the same, there is no ink of a character.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image, ImageChops

from gateway.documents.content.errors import NoAnswerError
from gateway.documents.content.glyphs import Glyph
from gateway.documents.placing.geometry import Area, PageGeometry

_LONGEST_PIXELS: Final = 1600
_MOST_SCALE: Final = 2.0
_INK: Final = 32  # how far ink is from what lies beneath, of 255
_GREYS: Final = range(256)
_FORM_DEPTH: Final = 15
_TWICE: Final = 2.0
_CELL_MM: Final = 4.0
_MOST_IN_A_CELL: Final = 200  # of letters half a millimetre high there are fewer


def seen_of(
    page: pypdfium2.PdfPage, glyphs: Sequence[Glyph], geometry: PageGeometry
) -> list[Glyph]:
    """Those that leave ink. Leaves the page without its text.

    Raises:
        NoAnswerError: characters lie upon one another, so that it is open which of them is seen.
    """
    if not glyphs:
        return []
    ink = _ink_of_text(page)
    across, down = ink.width / geometry.width_mm, ink.height / geometry.height_mm
    seen = [each for each in glyphs if _has_ink(ink, each.ink, across, down)]
    _refuse_heaps(seen)
    return seen


def _ink_of_text(page: pypdfium2.PdfPage) -> Image.Image:
    whole = _draw(page)
    for drawn in page.get_objects([pdfium.FPDF_PAGEOBJ_TEXT], max_depth=_FORM_DEPTH):
        pdfium.FPDFPageObj_SetIsActive(drawn, False)  # noqa: FBT003 - pdfium's own
    without = _draw(page)
    return ImageChops.difference(whole, without).point([each > _INK and 255 for each in _GREYS])


def _draw(page: pypdfium2.PdfPage) -> Image.Image:
    scale = min(_LONGEST_PIXELS / max(*page.get_size(), 1.0), _MOST_SCALE)
    bitmap = page.render(scale=scale, draw_annots=False, grayscale=True)
    try:
        picture: Image.Image = bitmap.to_pil().convert("L").copy()
        return picture
    finally:
        bitmap.close()


def _has_ink(ink: Image.Image, area: Area, across: float, down: float) -> bool:
    left, top = math.floor(area.left_mm * across), math.floor(area.top_mm * down)
    right = math.ceil((area.left_mm + area.width_mm) * across)
    bottom = math.ceil((area.top_mm + area.height_mm) * down)
    left, top = max(left, 0), max(top, 0)
    right, bottom = min(right, ink.width), min(bottom, ink.height)
    return (
        left < right and top < bottom and ink.crop((left, top, right, bottom)).getbbox() is not None
    )


def _refuse_heaps(glyphs: Sequence[Glyph]) -> None:
    """White text on black text has the ink of the black; so of two in one place none is believed.

    Much larger characters are a watermark, and the same one twice is a poor man's bold.
    """
    cells: dict[tuple[int, int], list[Glyph]] = defaultdict(list)
    for glyph in glyphs:
        if glyph.text.isalnum():
            x, y = glyph.ink.middle
            cells[int(x // _CELL_MM), int(y // _CELL_MM)].append(glyph)
    if any(len(within) > _MOST_IN_A_CELL for within in cells.values()):
        raise NoAnswerError("characters are heaped up in one place")
    for (column, row), within in cells.items():
        near = [
            other
            for dx in (-1, 0, 1)
            for dy in (-1, 0, 1)
            for other in cells.get((column + dx, row + dy), ())
        ]
        for glyph in within:
            if any(_lies_upon(glyph, other) for other in near):
                raise NoAnswerError("characters lie upon one another")


def _lies_upon(glyph: Glyph, other: Glyph) -> bool:
    return (
        glyph.text != other.text
        and glyph.ink.surrounds(*other.ink.middle)
        and other.ink.surrounds(*glyph.ink.middle)
        and max(glyph.room.height_mm, other.room.height_mm)
        < _TWICE * min(glyph.room.height_mm, other.room.height_mm)
    )
