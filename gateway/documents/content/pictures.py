"""What a page shows that is neither text nor the lines of a form, and that nobody here can read.

A sum can be an image, the outlines of its digits, a pattern, or a mask through which a surface
shows. Long straight lines and plain areas say nothing; all else is counted, seen or not.
"""

from collections.abc import Iterator
from ctypes import byref, c_float
from itertools import pairwise
from typing import Final

import pypdfium2
import pypdfium2.raw as pdfium

from gateway.documents.content.objects import Drawn, Raw, has_pattern, placed_objects_of
from gateway.documents.placing.geometry import POINTS_PER_MM

_LINE_MM: Final = 5.0
"""Strokes of a form are longer; those of digits in words that people write are not."""
_STRAIGHT: Final = 0.01

Point = tuple[float, float]


def pictures_on(page: pypdfium2.PdfPage) -> int:
    """How many objects of the page may show something that is to be read.

    Raises:
        NoAnswerError: forms lie in one another too deep.
    """
    return sum(_is_picture(drawn, scale) for drawn, scale in placed_objects_of(page))


def _is_picture(drawn: Drawn, scale: float) -> bool:
    each, kind = drawn
    match kind:
        case pdfium.FPDF_PAGEOBJ_TEXT:
            return has_pattern(each)
        case pdfium.FPDF_PAGEOBJ_PATH:
            return (
                has_pattern(each)
                or bool(pdfium.FPDFPageObj_HasTransparency(each))
                or any(_is_figure(part, scale) for part in parts_of(each))
            )
        case _:
            return True


def _is_figure(part: list[Point] | None, scale: float) -> bool:
    """Whether a part of a path is more than a long straight line, or an area between such."""
    if part is None:
        return True
    slanted = any(
        min(abs(x1 - x0), abs(y1 - y0)) > _STRAIGHT for (x0, y0), (x1, y1) in pairwise(part)
    )
    xs, ys = [x for x, _ in part], [y for _, y in part]
    longest = max(max(xs) - min(xs), max(ys) - min(ys)) * scale
    return slanted or (len(part) > 1 and longest < _LINE_MM * POINTS_PER_MM)


def parts_of(path: Raw) -> Iterator[list[Point] | None]:
    """The points of each subpath, as they lie in its form; None for one with a curve."""
    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFPageObj_GetMatrix(path, byref(matrix))
    a, b, c, d = matrix.a, matrix.b, matrix.c, matrix.d
    begun: list[Point] = []
    x, y = c_float(), c_float()
    for index in range(pdfium.FPDFPath_CountSegments(path)):
        segment = pdfium.FPDFPath_GetPathSegment(path, index)
        kind = pdfium.FPDFPathSegment_GetType(segment)
        if kind == pdfium.FPDF_SEGMENT_BEZIERTO:
            yield None
            return
        pdfium.FPDFPathSegment_GetPoint(segment, byref(x), byref(y))
        if kind == pdfium.FPDF_SEGMENT_MOVETO and begun:
            yield begun
            begun = []
        begun.append((a * x.value + c * y.value, b * x.value + d * y.value))
    if begun:
        yield begun
