"""Whether the ink of a text is hidden by what is drawn over it; pdfium draws.

Text counts as covered when most of its ink would be seen without the pictures and annotations of
the page, and is not seen with them. So a watermark that lets the text shine through, a picture
behind the text, and the invisible text of a scan are no findings.
"""

from collections.abc import Iterator
from contextlib import closing
from ctypes import byref, c_int, c_uint
from typing import Any, Final

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


def count_covered(pdf: pypdfium2.PdfDocument, index: int, texts: list[Box]) -> int:
    """How many of the texts are covered.

    Three drawings tell: the page as it is, without what covers, and what covers alone. Ink that the
    second shows is hidden where the first is the same as the third: the page beneath makes no
    difference there.

    Args:
        pdf: the document.
        index: of the page, from 0.
        texts: where text lies, in the page's user space.
    """
    with closing(pdf[index]) as page:
        whole = _draw(page, annotations=True)
        areas = [_pixels(page, box, whole.size) for box in texts]
    with closing(pdf[index]) as page:
        _leave(_PAGE, page, pictures=False, depth=FORM_DEPTH)
        without = _draw(page, annotations=False)
    with closing(pdf[index]) as page:
        _leave(_PAGE, page, pictures=True, depth=FORM_DEPTH)
        alone = _draw(page, annotations=True)
    hidden = ImageChops.difference(whole, alone).point([each <= _SAME and 255 for each in _GREYS])
    return sum(
        _mostly_hidden(without.crop(area), hidden.crop(area))
        for area in areas
        if area[0] < area[2] and area[1] < area[3]
    )


def count_pixels(pdf: pypdfium2.PdfDocument, index: int) -> int:
    """The pixels of all pictures of a page, each as often as it is drawn."""
    total = 0
    width, height = c_uint(), c_uint()
    with closing(pdf[index]) as page:
        for picture in _pictures(_PAGE, page, FORM_DEPTH):
            if pdfium.FPDFImageObj_GetImagePixelSize(picture, byref(width), byref(height)):
                total += width.value * height.value
    return total


def has_undrawable_picture(pdf: pypdfium2.PdfDocument, index: int) -> bool:
    """Whether a picture of the page is too large or too odd for pdfium, which then leaves it out.

    Other readers may show it.
    """
    with closing(pdf[index]) as page:
        return any(not _can_be_drawn(picture) for picture in _pictures(_PAGE, page, FORM_DEPTH))


def _can_be_drawn(picture: Any) -> bool:  # noqa: ANN401 - pdfium is untyped
    bitmap = pdfium.FPDFImageObj_GetBitmap(picture)
    if not bitmap:
        return False
    pdfium.FPDFBitmap_Destroy(bitmap)
    return True


def _pictures(calls: Any, holder: Any, depth: int) -> Iterator[Any]:  # noqa: ANN401 - see above
    count, get, _ = calls
    for index in range(count(holder)):
        drawn = get(holder, index)
        kind = pdfium.FPDFPageObj_GetType(drawn)
        if kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            yield drawn
        elif kind == pdfium.FPDF_PAGEOBJ_FORM and depth:
            yield from _pictures(_FORM, drawn, depth - 1)


_GREYS: Final = range(256)


def _mostly_hidden(text: Image.Image, hidden: Image.Image) -> bool:
    histogram = text.histogram()
    background = histogram.index(max(histogram))
    ink = text.point([abs(each - background) > _INK and 255 for each in _GREYS])
    inked = ink.histogram()[255]
    return inked > 0 and ImageChops.multiply(ink, hidden).histogram()[255] > _HALF * inked


def _draw(page: pypdfium2.PdfPage, *, annotations: bool) -> Image.Image:
    """The page in grey."""
    scale = min(_LONGEST_PIXELS / max(*page.get_size(), 1.0), _MOST_SCALE)
    bitmap = page.render(scale=scale, draw_annots=annotations, grayscale=True)
    try:
        picture: Image.Image = bitmap.to_pil().convert("L").copy()
        return picture
    finally:
        bitmap.close()


def _pixels(page: pypdfium2.PdfPage, box: Box, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The box on the drawing: left, top, right, bottom."""
    across, down = [], []
    for x in (box.left, box.right):
        for y in (box.bottom, box.top):
            at_x, at_y = c_int(), c_int()
            pdfium.FPDF_PageToDevice(page, 0, 0, *size, 0, x, y, byref(at_x), byref(at_y))
            across.append(at_x.value)
            down.append(at_y.value)
    return (
        max(min(across), 0),
        max(min(down), 0),
        min(max(across), size[0]),
        min(max(down), size[1]),
    )


_PAGE: Final = (
    pdfium.FPDFPage_CountObjects,
    pdfium.FPDFPage_GetObject,
    pdfium.FPDFPage_RemoveObject,
)
_FORM: Final = (
    pdfium.FPDFFormObj_CountObjects,
    pdfium.FPDFFormObj_GetObject,
    pdfium.FPDFFormObj_RemoveObject,
)


def _leave(calls: Any, holder: Any, *, pictures: bool, depth: int) -> None:  # noqa: ANN401 - pdfium is untyped
    """Leave only the pictures on a page or form, or all but them. The file stays as it is."""
    count, get, remove = calls
    # All first: removing one moves the others.
    for drawn in [get(holder, index) for index in range(count(holder))]:
        kind = pdfium.FPDFPageObj_GetType(drawn)
        if kind == pdfium.FPDF_PAGEOBJ_FORM and depth:
            _leave(_FORM, drawn, pictures=pictures, depth=depth - 1)
        elif (kind == pdfium.FPDF_PAGEOBJ_IMAGE) != pictures and remove(holder, drawn):
            pdfium.FPDFPageObj_Destroy(drawn)
