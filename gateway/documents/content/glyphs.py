"""The characters of a page, each with its place as a reader sees it; pdfium reads.

The file may draw them in any order. What a form field or a note shows counts as well, so it is made
part of the page first; the bytes that are sealed stay what they are.
"""

import math
import unicodedata
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from ctypes import byref, c_double
from dataclasses import dataclass
from typing import Final

import pypdfium2
import pypdfium2.raw as pdfium

from gateway.documents.content.errors import NoAnswerError
from gateway.documents.placing.geometry import Area, PageGeometry, Rectangle
from gateway.documents.placing.keywords import folded

MOST_CHARACTERS: Final = 200_000
_FLATTEN_FAILED: Final = 0
_SHOWN: Final = 0
_WHOLE_TURN: Final = 360


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character of a page.

    Attributes:
        text: the character as keywords are compared (`folded`); sometimes two or three.
        ink: the box of its ink.
        room: the box that it takes up in its line.
        angle: degrees by which its line is turned clockwise, as a reader sees it.
    """

    text: str
    ink: Area
    room: Area
    angle: int


@contextmanager
def opened_page(pdf: pypdfium2.PdfDocument, index: int) -> Iterator[pypdfium2.PdfPage]:
    """A page with what its annotations show.

    Raises:
        NoAnswerError: what an annotation shows is left to the reader.
    """
    with ExitStack() as stack:
        page = pdf[index]
        stack.callback(page.close)
        if not _has_annotations(page):
            yield page
            return
        if pdfium.FPDFPage_Flatten(page, _SHOWN) == _FLATTEN_FAILED:
            raise NoAnswerError("what annotations show cannot be read")
        anew = pdf[index]  # only a page that is loaded again has them
        stack.callback(anew.close)
        yield anew


def glyphs_of(page: pypdfium2.PdfPage, geometry: PageGeometry) -> list[Glyph]:
    """The characters in the order of the file, white space apart.

    Raises:
        NoAnswerError: a character's meaning is unknown, or there are too many.
    """
    text = page.get_textpage()
    try:
        count = text.count_chars()
        if count > MOST_CHARACTERS:
            raise NoAnswerError(f"a page has more than {MOST_CHARACTERS} characters")
        found = (_glyph(text, index, geometry) for index in range(count))
        return [glyph for glyph in found if glyph is not None]
    finally:
        text.close()


def _has_annotations(page: pypdfium2.PdfPage) -> bool:
    found = False
    for index in range(pdfium.FPDFPage_GetAnnotCount(page)):
        annotation = pdfium.FPDFPage_GetAnnot(page, index)
        try:
            kind = pdfium.FPDFAnnot_GetSubtype(annotation)
            if kind in (pdfium.FPDF_ANNOT_LINK, pdfium.FPDF_ANNOT_POPUP):
                continue
            if not _has_extent(annotation):
                continue  # as of an invisible signature
            found = True
            drawn = pdfium.FPDFAnnot_HasKey(annotation, b"AP")
            says = pdfium.FPDFAnnot_HasKey(annotation, b"V") or kind == pdfium.FPDF_ANNOT_FREETEXT
            if says and not drawn:
                raise NoAnswerError("what a field or note shows is left to each reader")
        finally:
            pdfium.FPDFPage_CloseAnnot(annotation)
    return found


def _has_extent(annotation: object) -> bool:
    box = pdfium.FS_RECTF()
    pdfium.FPDFAnnot_GetRect(annotation, byref(box))
    return bool(box.left != box.right and box.top != box.bottom)


def _glyph(text: pypdfium2.PdfTextPage, index: int, geometry: PageGeometry) -> Glyph | None:
    if pdfium.FPDFText_IsGenerated(text, index) == 1:
        return None  # a space or line end that pdfium thinks fit
    code = pdfium.FPDFText_GetUnicode(text, index)
    if pdfium.FPDFText_HasUnicodeMapError(text, index) == 1 or code in _NO_CHARACTERS:
        raise NoAnswerError("a font does not say what its characters mean")
    character = folded(chr(code)).strip()
    if not character or unicodedata.category(character[0]) == "Cc":
        return None
    left, right, bottom, top = c_double(), c_double(), c_double(), c_double()
    pdfium.FPDFText_GetCharBox(text, index, byref(left), byref(right), byref(bottom), byref(top))
    ink = Rectangle(left.value, bottom.value, right.value, top.value)
    loose = pdfium.FS_RECTF()
    pdfium.FPDFText_GetLooseCharBox(text, index, byref(loose))
    room = Rectangle(loose.left, loose.bottom, loose.right, loose.top)
    turned = geometry.rotation + math.degrees(pdfium.FPDFText_GetCharAngle(text, index))
    return Glyph(
        character, geometry.to_area(ink), geometry.to_area(room), round(turned) % _WHOLE_TURN
    )


_NO_CHARACTERS: Final = frozenset({0, 0xFFFD, *range(0xD800, 0xE000)})
