"""Whether a page may be drawn in greys, which takes half the time, without losing text."""

from collections.abc import Iterable
from typing import Final

import pypdfium2.raw as pdfium

from gateway.documents.content.objects import Colour, Drawn, are_patterns, fill_of, stroke_of

_WHITE: Final = (255, 255, 255)
_APART: Final = 48
"""How far greys must be apart, of 255: more than makes ink, some of which drawing takes away."""
_MOST_COLOURS: Final = 24
_FILLS_ONLY: Final = 0  # ISO 32000-2 §9.3.6


def greys_tell_apart(objects: Iterable[Drawn]) -> bool:
    """Whether text has another grey than whatever of another colour it may stand upon."""
    of_text: set[Colour] = set()
    of_all: set[Colour] = {_WHITE}
    for each, kind in objects:
        if kind not in (pdfium.FPDF_PAGEOBJ_TEXT, pdfium.FPDF_PAGEOBJ_PATH):
            return False
        fill, stroke = fill_of(each), stroke_of(each)
        if are_patterns(fill, stroke) or pdfium.FPDFPageObj_HasTransparency(each):
            return False
        is_text = kind == pdfium.FPDF_PAGEOBJ_TEXT
        fills_only = is_text and pdfium.FPDFTextObj_GetTextRenderMode(each) == _FILLS_ONLY
        colours = (fill,) if fills_only else (fill, stroke)
        of_all.update(colours)
        if is_text:
            of_text.update(colours)
        if len(of_all) > _MOST_COLOURS:
            return False
    return all(
        one == other or abs(_grey(one) - _grey(other)) > _APART
        for one in of_text
        for other in of_all
    )


def _grey(colour: Colour) -> float:
    red, green, blue = colour
    return 0.30 * red + 0.59 * green + 0.11 * blue
