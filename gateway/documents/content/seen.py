"""Which characters of a page a reader sees: those that leave ink; pdfium draws.

White on white, transparent, clipped, in a layer that is off, off the page, under a picture or a
filled shape: such text can be read out of a file, and nobody sees it. The page is drawn with text
and without; where both are the same, there is no ink of that text.
"""

from collections.abc import Callable, Sequence
from ctypes import addressof
from functools import cache, partial
from typing import Final

import pypdfium2
import pypdfium2.raw as pdfium

from gateway.documents.content.drawing import Ink, PageDrawing
from gateway.documents.content.errors import NoAnswerError
from gateway.documents.content.glyphs import Glyph
from gateway.documents.content.overlaps import Overlaps

_INK: Final = 32
_CLEAR: Final = 64
"""How far ink is from what lies beneath, of 255; small print between these is hardly seen."""
_SMALL_MM: Final = 6.0
_SMALLEST_MM: Final = 1.0


def seen_of(
    drawing: PageDrawing, text: pypdfium2.PdfTextPage, glyphs: Sequence[Glyph]
) -> list[Glyph]:
    """Those that leave ink of their own.

    Raises:
        NoAnswerError: it is open whether people see a character: others lie upon it, or it is too
            small or too faint to be read.
    """
    ink = drawing.ink_of_text()
    strengths = {each.index: ink.within(each.ink) for each in glyphs}
    inked = [each for each in glyphs if strengths[each.index] > _INK]
    overlaps = Overlaps(inked)
    inks = _told_apart(drawing, text, overlaps.large, ink)
    object_of = cache(partial(_object_of, text))

    def own_ink(glyph: Glyph) -> int:
        touching = overlaps.touching.get(glyph.index, ())
        own = object_of(glyph.index) if touching else 0
        # What was drawn at once with it is seen or not as one.
        others = [each.ink for each in touching if object_of(each.index) != own]
        if not others and not overlaps.large:
            return strengths[glyph.index]  # nearly always
        return min(each.within(glyph.ink, without=others) for each in inks(glyph))

    seen = [(each, strength) for each in inked if (strength := own_ink(each)) > _INK]
    for glyph, strength in seen:
        _refuse_what_is_hardly_seen(glyph, strength)
    return [glyph for glyph, _ in seen]


def _object_of(text: pypdfium2.PdfTextPage, index: int) -> int:
    return addressof(pdfium.FPDFText_GetTextObject(text, index).contents)


def _told_apart(
    drawing: PageDrawing, text: pypdfium2.PdfTextPage, large: set[int], ink: Ink
) -> Callable[[Glyph], Sequence[Ink]]:
    """In which drawings a character must have ink; of a watermark and what it lies on in two."""
    if not large:
        return lambda _: (ink,)
    objects = [pdfium.FPDFText_GetTextObject(text, index) for index in large]
    of_large, of_others = drawing.ink_of_parts(objects)
    return lambda glyph: of_large if glyph.index in large else of_others


def _refuse_what_is_hardly_seen(glyph: Glyph, strength: int) -> None:
    if not glyph.text.isalnum():
        return
    if glyph.room.height_mm < _SMALLEST_MM:
        raise NoAnswerError("characters are too small to be read")
    if strength < _CLEAR and glyph.room.height_mm < _SMALL_MM:
        raise NoAnswerError("characters are too faint to be read")
