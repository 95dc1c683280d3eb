"""A page drawn by pdfium with some of its text and without, and what is different: ink."""

import math
from collections.abc import Callable, Collection, Sequence
from ctypes import addressof
from dataclasses import dataclass
from functools import reduce
from typing import Final

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image, ImageChops

from gateway.documents.content.colours import greys_tell_apart
from gateway.documents.content.objects import Drawn, Raw, texts_of
from gateway.documents.placing.geometry import Area, PageGeometry

_LONGEST_PIXELS: Final = 1600
_MOST_SCALE: Final = 2.0
_MARGIN_UNITS: Final = 6
_NOTHING: Final = 0
_COLOURS: Final = 3  # what is behind them in a pixel is none


class Ink:
    """How much of a page differs where some text is drawn and where it is not, 0 to 255.

    By the colour that differs the most: red on a green as bright as it is seen by everybody.
    """

    def __init__(self, one: Image.Image, other: Image.Image, frame: "_Frame") -> None:
        differing = ImageChops.difference(one, other)
        colours = map(differing.getchannel, differing.getbands()[:_COLOURS])
        self._picture = reduce(ImageChops.lighter, colours)
        self._frame = frame

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
        frame = self._frame
        left = int(area.left_mm * frame.across) - frame.left
        top = int(area.top_mm * frame.down) - frame.top
        right = int((area.left_mm + area.width_mm) * frame.across) + 1 - frame.left
        bottom = int((area.top_mm + area.height_mm) * frame.down) + 1 - frame.top
        width, height = self._picture.size
        return max(left, 0), max(top, 0), min(right, width), min(bottom, height)


@dataclass(frozen=True, slots=True)
class _Frame:
    """The part of a page that is drawn: all that its text takes up.

    Attributes:
        scale: pixels a unit of pdfium's.
        cut: how much is left out left, below, right and above, whole units.
        across: pixels a millimetre.
        down: the same, downwards.
        left: the first column of pixels that is drawn.
        top: the first row.
    """

    scale: float
    cut: tuple[int, int, int, int]
    across: float
    down: float
    left: int
    top: int


def _frame_of(page: pypdfium2.PdfPage, text: Area, geometry: PageGeometry) -> _Frame:
    width, height = page.get_size()
    scale = min(_LONGEST_PIXELS / max(width, height, 1.0), _MOST_SCALE)
    across, down = width / geometry.width_mm, height / geometry.height_mm
    left, top = _before(text.left_mm * across, width), _before(text.top_mm * down, height)
    right = _before(width - (text.left_mm + text.width_mm) * across, width - left)
    bottom = _before(height - (text.top_mm + text.height_mm) * down, height - top)
    return _Frame(
        scale,
        (left, bottom, right, top),
        across=math.ceil(width * scale) / geometry.width_mm,
        down=math.ceil(height * scale) / geometry.height_mm,
        left=math.ceil(left * scale),
        top=math.ceil(top * scale),
    )


def _before(units: float, whole: float) -> int:
    """What can be left out before something begins; never so much that nothing is drawn."""
    return max(min(int(units) - _MARGIN_UNITS, int(whole) - 2 * _MARGIN_UNITS), 0)


class PageDrawing:
    """Draws a page with some of its text; the page stays without.

    Args:
        page: which.
        objects: all that it is made of.
        text: where its characters are; no more than that is drawn.
        geometry: the page as a reader sees it.
    """

    def __init__(
        self,
        page: pypdfium2.PdfPage,
        objects: Sequence[Drawn],
        text: Area,
        geometry: PageGeometry,
    ) -> None:
        self._page = page
        self._frame = _frame_of(page, text, geometry)
        self._texts = texts_of(objects)
        self._in_grey = greys_tell_apart(objects)
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
        return Ink(one, other, self._frame)

    def _show(self, is_shown: Callable[[Raw], bool]) -> None:
        for each in self._texts:
            pdfium.FPDFPageObj_SetIsActive(each, is_shown(each))

    def _draw(self) -> Image.Image:
        bitmap = self._page.render(
            scale=self._frame.scale,
            crop=self._frame.cut,
            draw_annots=False,
            grayscale=self._in_grey,
            prefer_bgrx=True,
        )
        # Which colour is which makes no difference here, so nothing is copied: the picture holds on
        # to the memory that was drawn in, which is Python's.
        mode = "L" if self._in_grey else "RGBX"
        size, stride = (bitmap.width, bitmap.height), bitmap.stride
        try:
            return Image.frombuffer(mode, size, bitmap.buffer, "raw", mode, stride, 1)
        finally:
            bitmap.close()
