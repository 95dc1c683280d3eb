"""A page drawn by pdfium with some of its text and without, and what is different: ink."""

from collections.abc import Callable, Collection, Sequence
from ctypes import addressof
from functools import reduce
from typing import Final

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image, ImageChops

from gateway.documents.content.objects import Raw, is_grey, is_text
from gateway.documents.placing.geometry import Area, PageGeometry

_LONGEST_PIXELS: Final = 1600
_MOST_SCALE: Final = 2.0
_NOTHING: Final = 0


class Ink:
    """How much of a page differs where some text is drawn and where it is not, 0 to 255.

    By the colour that differs the most: red on a green as bright as it is seen by everybody.
    """

    def __init__(self, one: Image.Image, other: Image.Image, geometry: PageGeometry) -> None:
        colours = ImageChops.difference(one, other).split()[:3]
        self._picture = reduce(ImageChops.lighter, colours)
        self._across = self._picture.width / geometry.width_mm
        self._down = self._picture.height / geometry.height_mm

    def within(self, area: Area, *, without: Sequence[Area] = ()) -> int:
        """The most in an area, parts of it left out."""
        box = self._pixels(area)
        if box[0] >= box[2] or box[1] >= box[3]:
            return 0
        if not without:  # nearly always, and thousands of times: without what Pillow wraps
            return int(self._picture.im.crop(box).getextrema()[1])
        part = self._picture.crop(box)
        for each in without:
            left, top, right, bottom = self._pixels(each)
            part.paste(_NOTHING, (left - box[0], top - box[1], right - box[0], bottom - box[1]))
        return int(part.im.getextrema()[1])

    def _pixels(self, area: Area) -> tuple[int, int, int, int]:
        left, top = int(area.left_mm * self._across), int(area.top_mm * self._down)
        right = int((area.left_mm + area.width_mm) * self._across) + 1
        bottom = int((area.top_mm + area.height_mm) * self._down) + 1
        width, height = self._picture.size
        return max(left, 0), max(top, 0), min(right, width), min(bottom, height)


class PageDrawing:
    """Draws a page with some of its text; the page stays without.

    Args:
        page: which.
        objects: all that it is made of.
        geometry: the page as a reader sees it.
    """

    def __init__(
        self, page: pypdfium2.PdfPage, objects: Sequence[Raw], geometry: PageGeometry
    ) -> None:
        self._page = page
        self._texts = [each for each in objects if is_text(each)]
        self._in_grey = all(map(is_grey, objects))
        self._geometry = geometry
        self._whole = self._draw()
        self._show(lambda _: False)
        self._without = self._draw()

    def ink_of_text(self) -> Ink:
        """Of all text."""
        return self._ink(self._whole, self._without)

    def ink_of_parts(self, some: Collection[Raw]) -> tuple[list[Ink], list[Ink]]:
        """Of some of the text objects, and of the others.

        Each twice: upon a page with the other part, which may hide it, and upon one without, where
        it may be nothing but the other part's.
        """
        addresses = {addressof(each.contents) for each in some}
        self._show(lambda each: addressof(each.contents) in addresses)
        only_some = self._draw()
        self._show(lambda each: addressof(each.contents) not in addresses)
        only_others = self._draw()
        self._show(lambda _: False)
        return (
            [self._ink(self._whole, only_others), self._ink(only_some, self._without)],
            [self._ink(self._whole, only_some), self._ink(only_others, self._without)],
        )

    def _ink(self, one: Image.Image, other: Image.Image) -> Ink:
        return Ink(one, other, self._geometry)

    def _show(self, is_shown: Callable[[Raw], bool]) -> None:
        for each in self._texts:
            pdfium.FPDFPageObj_SetIsActive(each, is_shown(each))

    def _draw(self) -> Image.Image:
        scale = min(_LONGEST_PIXELS / max(*self._page.get_size(), 1.0), _MOST_SCALE)
        bitmap = self._page.render(
            scale=scale, draw_annots=False, grayscale=self._in_grey, prefer_bgrx=True
        )
        try:
            picture: Image.Image = bitmap.to_pil().copy()
            return picture
        finally:
            bitmap.close()
