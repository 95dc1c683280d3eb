"""What a page is made of, as pdfium has it; what of it may be read, and what only be looked at.

Where the text that can be read out of a file need not be what the page shows, nothing is answered.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from ctypes import byref, c_uint
from typing import Any, Final

import pypdfium2
import pypdfium2.raw as pdfium

from gateway.documents.content.errors import NoAnswerError

_MOST_FORMS_IN_ONE_ANOTHER: Final = 14
_CLIPPING_MODES: Final = frozenset({4, 5, 6, 7})
_OF_PATTERNS: Final = 0xBF  # the grey that pdfium tells of whatever is filled with a pattern
_STRAIGHT: Final = 0.001
_ACTUAL_TEXT: Final = b"ActualText"

Raw = Any
"""An object of a page; a pointer of pdfium's."""

Drawn = tuple[Raw, int]
"""An object, and of which of pdfium's kinds it is: every question to pdfium costs, and each of
thousands of objects is looked at several times."""

_PARTS: Final = (c_uint(), c_uint(), c_uint(), c_uint())
_OF_PARTS: Final = tuple(map(byref, _PARTS))
"""Made once: a page asks for thousands of colours. A worker has one thread."""

Colour = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""


def objects_of(page: pypdfium2.PdfPage) -> list[Drawn]:
    """All of them in the order in which they are drawn, what is within forms in its place.

    Raises:
        NoAnswerError: forms lie in one another deeper than anybody looks.
    """
    return [drawn for drawn, _ in placed_objects_of(page)]


def placed_objects_of(page: pypdfium2.PdfPage) -> Iterator[tuple[Drawn, float]]:
    """The same, and with each how much larger it is on the page than in its form.

    0 where the form is turned aslant.

    Raises:
        NoAnswerError: forms lie in one another deeper than anybody looks.
    """
    for index in range(pdfium.FPDFPage_CountObjects(page)):
        each = pdfium.FPDFPage_GetObject(page, index)
        yield from _with_its_own(each, 1.0, _MOST_FORMS_IN_ONE_ANOTHER)


def texts_of(objects: Iterable[Drawn]) -> list[Raw]:
    """Those that show characters."""
    return [each for each, kind in objects if kind == pdfium.FPDF_PAGEOBJ_TEXT]


def is_picture(drawn: Drawn) -> bool:
    """Whether it is an image."""
    return bool(drawn[1] == pdfium.FPDF_PAGEOBJ_IMAGE)


def refuse_what_reads_otherwise(texts: Iterable[Raw]) -> None:
    """For text whose characters are not what the page shows, whoever reads them.

    Raises:
        NoAnswerError: text is a hole through which something else shows (ISO 32000-2 §9.3.6), or
            has a second meaning beside that of its characters (ActualText, §14.9.4).
    """
    for each in texts:
        if pdfium.FPDFTextObj_GetTextRenderMode(each) in _CLIPPING_MODES:
            raise NoAnswerError("text is a hole through which something else shows")
        for index in range(pdfium.FPDFPageObj_CountMarks(each)):
            mark = pdfium.FPDFPageObj_GetMark(each, index)
            kind = pdfium.FPDFPageObjMark_GetParamValueType(mark, _ACTUAL_TEXT)
            if kind != pdfium.FPDF_OBJECT_UNKNOWN:
                raise NoAnswerError("text says in a second place what it means")


def has_pattern(each: Raw) -> bool:
    """Whether it may be filled or drawn with a pattern, in which anything can stand."""
    return are_patterns(fill_of(each), stroke_of(each))


def are_patterns(fill: Colour, stroke: Colour) -> bool:
    """Whether one of an object's colours is what pdfium tells of a pattern."""
    return _OF_PATTERNS in fill or _OF_PATTERNS in stroke


def fill_of(each: Raw) -> Colour:
    """The colour in which it is filled, if it is."""
    return _colour(pdfium.FPDFPageObj_GetFillColor, each)


def stroke_of(each: Raw) -> Colour:
    """The colour in which its outlines are drawn, if they are."""
    return _colour(pdfium.FPDFPageObj_GetStrokeColor, each)


def _colour(asked: Callable[..., object], each: Raw) -> Colour:
    if not asked(each, *_OF_PARTS):
        return 0, 0, 0
    red, green, blue, _ = _PARTS
    return red.value, green.value, blue.value


def _with_its_own(each: Raw, scale: float, depth: int) -> Iterator[tuple[Drawn, float]]:
    kind = pdfium.FPDFPageObj_GetType(each)
    if kind != pdfium.FPDF_PAGEOBJ_FORM:
        yield (each, kind), scale
        return
    if depth == 0:
        raise NoAnswerError("forms lie in one another too deep")
    within = scale * _scale_of(each)
    for index in range(pdfium.FPDFFormObj_CountObjects(each)):
        yield from _with_its_own(pdfium.FPDFFormObj_GetObject(each, index), within, depth - 1)


def _scale_of(form: Raw) -> float:
    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFPageObj_GetMatrix(form, byref(matrix))
    across, down = math.hypot(matrix.a, matrix.b), math.hypot(matrix.c, matrix.d)
    upright = abs(matrix.b) + abs(matrix.c), abs(matrix.a) + abs(matrix.d)
    return min(across, down) if min(upright) <= _STRAIGHT * max(upright) else 0.0
