"""The characters of a page, each with its place as a reader sees it; pdfium reads.

The file may draw them in any order. What a form field or a note shows counts as well, so it is made
part of the page first; the bytes that are sealed stay what they are.
"""

import math
import unicodedata
from ctypes import byref, c_double
from functools import lru_cache
from typing import Final

import msgspec
import pypdfium2
import pypdfium2.raw as pdfium

from gateway.documents.content.errors import NoAnswerError
from gateway.documents.opened_pages import OpenedPages
from gateway.documents.placing.geometry import Area, PageGeometry
from gateway.documents.placing.keywords import folded

MOST_CHARACTERS: Final = 100_000
_FLATTEN_FAILED: Final = 0
_SHOWN: Final = 0
_WHOLE_TURN: Final = 360


class Glyph(msgspec.Struct, frozen=True, gc=False):
    """One character of a page.

    Attributes:
        text: the character as keywords are compared (`folded`); sometimes two or three.
        ink: the box of its ink.
        room: the box that it takes up in its line.
        angle: degrees by which its line is turned clockwise, as a reader sees it.
        index: which of the page's characters it is.
    """

    text: str
    ink: Area
    room: Area
    angle: int
    index: int = 0


def shown_page(opened: OpenedPages, index: int) -> pypdfium2.PdfPage:
    """A page with what its annotations show, which belongs to the opened document.

    Raises:
        NoAnswerError: what an annotation shows is left to the reader.
    """
    page = opened.page(index)
    if not _has_annotations(page):
        return page
    if pdfium.FPDFPage_Flatten(page, _SHOWN) == _FLATTEN_FAILED:
        raise NoAnswerError("what annotations show cannot be read")
    return opened.page_anew(index)  # only a page that is loaded again has them


def glyphs_of(text: pypdfium2.PdfTextPage, geometry: PageGeometry) -> list[Glyph]:
    """The characters in the order of the file, white space apart.

    Raises:
        NoAnswerError: a character's meaning is unknown, or there are too many.
    """
    count = text.count_chars()
    if count > MOST_CHARACTERS:
        raise NoAnswerError(f"a page has more than {MOST_CHARACTERS} characters")
    read = _GlyphReader(text, geometry).read
    return [glyph for index in range(count) if (glyph := read(index)) is not None]


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


class _GlyphReader:
    """Asks pdfium about each character: thousands of times, so that nothing is made twice."""

    def __init__(self, text: pypdfium2.PdfTextPage, geometry: PageGeometry) -> None:
        self._text = text.raw
        self._geometry = geometry
        self._sides = c_double(), c_double(), c_double(), c_double()
        self._of_sides = tuple(map(byref, self._sides))
        self._loose = pdfium.FS_RECTF()
        self._of_loose = byref(self._loose)

    def read(self, index: int) -> Glyph | None:
        """The character; None for white space, such as pdfium itself puts where it thinks fit.

        Raises:
            NoAnswerError: its meaning is unknown.
        """
        text = self._text
        code = pdfium.FPDFText_GetUnicode(text, index)
        if pdfium.FPDFText_HasUnicodeMapError(text, index) == 1 or code in _NO_CHARACTERS:
            raise NoAnswerError("a font does not say what its characters mean")
        character = _character(code)
        if not character:
            return None
        pdfium.FPDFText_GetCharBox(text, index, *self._of_sides)
        left, right, bottom, top = self._sides
        area = self._geometry.area_between
        ink = area(left.value, bottom.value, right.value, top.value)
        loose = self._loose
        pdfium.FPDFText_GetLooseCharBox(text, index, self._of_loose)
        room = area(loose.left, loose.bottom, loose.right, loose.top)
        turned = self._geometry.rotation + math.degrees(pdfium.FPDFText_GetCharAngle(text, index))
        return Glyph(character, ink, room, round(turned) % _WHOLE_TURN, index)


@lru_cache(maxsize=8192)
def _character(code: int) -> str:
    """As keywords are compared; empty for white space and control characters."""
    character = folded(chr(code)).strip()
    return "" if character and unicodedata.category(character[0]) == "Cc" else character


_NO_CHARACTERS: Final = frozenset({0, 0xFFFD, *range(0xD800, 0xE000)})
