"""Whether a page may be drawn in greys, which takes half the time, without losing text."""

from collections.abc import Iterable, Iterator
from typing import Final

import pypdfium2.raw as pdfium

from gateway.documents.content.objects import Colour, Raw, fill_of, has_pattern, is_text, stroke_of

_WHITE: Final = (255, 255, 255)
_APART: Final = 48
"""How far greys must be apart, of 255: more than makes ink, some of which drawing takes away."""
_MOST_COLOURS: Final = 24
_FILLS_ONLY: Final = 0  # ISO 32000-2 §9.3.6


def greys_tell_apart(objects: Iterable[Raw]) -> bool:
    """Whether text has another grey than whatever of another colour it may stand upon."""
    of_text: set[Colour] = set()
    of_all: set[Colour] = {_WHITE}
    for each in objects:
        kind = pdfium.FPDFPageObj_GetType(each)
        if kind not in (pdfium.FPDF_PAGEOBJ_TEXT, pdfium.FPDF_PAGEOBJ_PATH):
            return False
        if has_pattern(each) or pdfium.FPDFPageObj_HasTransparency(each):
            return False
        colours = set(_colours_of(each))
        of_all |= colours
        if is_text(each):
            of_text |= colours
        if len(of_all) > _MOST_COLOURS:
            return False
    return all(
        one == other or abs(_grey(one) - _grey(other)) > _APART
        for one in of_text
        for other in of_all
    )


def _colours_of(each: Raw) -> Iterator[Colour]:
    if is_text(each):
        yield fill_of(each)
        if pdfium.FPDFTextObj_GetTextRenderMode(each) != _FILLS_ONLY:
            yield stroke_of(each)
        return
    yield fill_of(each)
    yield stroke_of(each)


def _grey(colour: Colour) -> float:
    red, green, blue = colour
    return 0.30 * red + 0.59 * green + 0.11 * blue
