"""Whether the ink of a text is hidden by what is drawn over it; pdfium draws.

Text counts as covered when most of its ink would be seen without the pictures and annotations of
the page, and is not seen with them. So a watermark that lets the text shine through, a picture
behind the text, and the invisible text of a scan are no findings.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from ctypes import byref, c_int, c_uint
from typing import Any, Final, NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image, ImageChops

from gateway.revisions.text_boxes import Box

FORM_DEPTH: Final = 5
"""How deep pictures are looked for in forms within forms."""

_LONGEST_PIXELS: Final = 1200
_MOST_SCALE: Final = 2.0
_HALF: Final = 0.5
_INK: Final = 40  # how far ink is from its background, of 255
_SAME: Final = 12  # what drawing twice may differ by
_GREYS: Final = range(256)

Raw = Any
"""An object of a page; a pointer of pdfium's."""


class _Pixels(NamedTuple):
    """A part of a drawing."""

    left: int
    top: int
    right: int
    bottom: int


def count_covered(page: pypdfium2.PdfPage, texts: Iterable[Box]) -> int:
    """How many of the texts are covered.

    Three drawings tell: the page as it is, without what covers, and what covers alone. Ink that the
    second shows is hidden where the first is the same as the third: the page beneath makes no
    difference there. No more is drawn than where these texts are.

    Args:
        page: as it was loaded; it is left as it was.
        texts: where text lies, in the page's user space.
    """
    scale = min(_LONGEST_PIXELS / max(*page.get_size(), 1.0), _MOST_SCALE)
    size = _size(page, scale)
    areas = [
        area
        for area in (_pixels(page, box, size) for box in texts)
        if area.left < area.right and area.top < area.bottom
    ]
    if not areas:
        return 0
    drawing = _Drawing(page, scale, _around(areas))
    pictures, others = _parted(page)
    whole = drawing.draw(annotations=True)
    without = drawing.draw_without(pictures, annotations=False)
    alone = drawing.draw_without(others, annotations=True)
    hidden = ImageChops.difference(whole, alone).point([each <= _SAME and 255 for each in _GREYS])
    return sum(
        _mostly_hidden(without.crop(area), hidden.crop(area)) for area in map(drawing.within, areas)
    )


def count_pixels(page: pypdfium2.PdfPage) -> int:
    """The pixels of all pictures of a page, each as often as it is drawn."""
    total = 0
    width, height = c_uint(), c_uint()
    for picture in _pictures(page):
        if pdfium.FPDFImageObj_GetImagePixelSize(picture, byref(width), byref(height)):
            total += width.value * height.value
    return total


def has_undrawable_picture(page: pypdfium2.PdfPage) -> bool:
    """Whether a picture of the page is too large or too odd for pdfium, which then leaves it out.

    Other readers may show it.
    """
    return any(not _can_be_drawn(picture) for picture in _pictures(page))


class _Drawing:
    """Draws a part of a page, in grey."""

    def __init__(self, page: pypdfium2.PdfPage, scale: float, part: _Pixels) -> None:
        self._page = page
        self._scale = scale
        self._part = part
        width, height = _size(page, scale)
        cut = (part.left, height - part.bottom, width - part.right, part.top)
        # In units, of which pypdfium2 makes pixels again, and the next whole number of them.
        self._cut = tuple(max(each - _HALF, 0.0) / scale for each in cut)

    def draw(self, *, annotations: bool) -> Image.Image:
        """The page as it is."""
        bitmap = self._page.render(
            scale=self._scale, crop=self._cut, draw_annots=annotations, grayscale=True
        )
        try:
            picture: Image.Image = bitmap.to_pil()  # which holds on to what was drawn in
            return picture
        finally:
            bitmap.close()

    def draw_without(self, some: Sequence[Raw], *, annotations: bool) -> Image.Image:
        """The page without some of its objects, which are there again afterwards."""
        _show(some, shown=False)
        try:
            return self.draw(annotations=annotations)
        finally:
            _show(some, shown=True)

    def within(self, area: _Pixels) -> _Pixels:
        """Where an area of the page is in these drawings."""
        left, top = self._part.left, self._part.top
        return _Pixels(area.left - left, area.top - top, area.right - left, area.bottom - top)


def _show(some: Sequence[Raw], *, shown: bool) -> None:
    for each in some:
        pdfium.FPDFPageObj_SetIsActive(each, shown)


def _size(page: pypdfium2.PdfPage, scale: float) -> tuple[int, int]:
    """Of the whole page drawn, as pypdfium2 rounds it."""
    return math.ceil(page.get_width() * scale), math.ceil(page.get_height() * scale)


def _around(areas: Sequence[_Pixels]) -> _Pixels:
    return _Pixels(
        min(each.left for each in areas),
        min(each.top for each in areas),
        max(each.right for each in areas),
        max(each.bottom for each in areas),
    )


def _can_be_drawn(picture: Raw) -> bool:
    bitmap = pdfium.FPDFImageObj_GetBitmap(picture)
    if not bitmap:
        return False
    pdfium.FPDFBitmap_Destroy(bitmap)
    return True


def _mostly_hidden(text: Image.Image, hidden: Image.Image) -> bool:
    histogram = text.histogram()
    background = histogram.index(max(histogram))
    ink = text.point([abs(each - background) > _INK and 255 for each in _GREYS])
    inked = ink.histogram()[255]
    return inked > 0 and ImageChops.multiply(ink, hidden).histogram()[255] > _HALF * inked


def _pixels(page: pypdfium2.PdfPage, box: Box, size: tuple[int, int]) -> _Pixels:
    """The box on the drawing of the whole page; turned inside out when it is not on it."""
    across, down = [], []
    for x in (box.left, box.right):
        for y in (box.bottom, box.top):
            at_x, at_y = c_int(), c_int()
            pdfium.FPDF_PageToDevice(page, 0, 0, *size, 0, x, y, byref(at_x), byref(at_y))
            across.append(at_x.value)
            down.append(at_y.value)
    return _Pixels(
        max(min(across), 0),
        max(min(down), 0),
        min(max(across), size[0]),
        min(max(down), size[1]),
    )


_PAGE: Final = pdfium.FPDFPage_CountObjects, pdfium.FPDFPage_GetObject
_FORM: Final = pdfium.FPDFFormObj_CountObjects, pdfium.FPDFFormObj_GetObject


def _parted(page: pypdfium2.PdfPage) -> tuple[list[Raw], list[Raw]]:
    """The pictures of a page, and all else that it draws."""
    pictures: list[Raw] = []
    others: list[Raw] = []
    for each, kind in _drawn(_PAGE, page, FORM_DEPTH):
        (pictures if kind == pdfium.FPDF_PAGEOBJ_IMAGE else others).append(each)
    return pictures, others


def _pictures(page: pypdfium2.PdfPage) -> Iterator[Raw]:
    return (
        each for each, kind in _drawn(_PAGE, page, FORM_DEPTH) if kind == pdfium.FPDF_PAGEOBJ_IMAGE
    )


def _drawn(calls: Any, holder: Any, depth: int) -> Iterator[tuple[Raw, int]]:  # noqa: ANN401 - pdfium is untyped
    """Objects of a page or form with their kinds, what is in forms in their place."""
    count, get = calls
    for index in range(count(holder)):
        each = get(holder, index)
        kind = pdfium.FPDFPageObj_GetType(each)
        if kind == pdfium.FPDF_PAGEOBJ_FORM and depth:
            yield from _drawn(_FORM, each, depth - 1)
        else:
            yield each, kind
