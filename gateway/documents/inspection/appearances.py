"""What the appearance of a field shows, as people read it: drawn by itself upon an empty page.

Whatever could show something else than its text (pictures, patterns, figures made of lines, fonts
of drawings, text that nobody sees) is not read: then nobody can say what is shown.
"""

import io
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import pairwise
from typing import Final, NamedTuple

import pikepdf
import pypdfium2
import pypdfium2.raw as pdfium

from gateway.documents.content.drawing import PageDrawing
from gateway.documents.content.errors import NoAnswerError
from gateway.documents.content.glyphs import glyphs_of, shown_page
from gateway.documents.content.lines import around, lines_of
from gateway.documents.content.objects import (
    Drawn,
    has_pattern,
    objects_of,
    refuse_what_reads_otherwise,
    texts_of,
)
from gateway.documents.content.pictures import Point, parts_of
from gateway.documents.content.seen import seen_of
from gateway.documents.inspection.boxes import box_of
from gateway.documents.inspection.snapshot import Snapshot, is_reference
from gateway.documents.opened_pages import OpenedPages
from gateway.documents.placing.geometry import PageGeometry, Rectangle
from gateway.revisions.text_boxes import Box

_MARGIN: Final = 10.0
_LARGEST: Final = 14_000.0
_SMALLEST: Final = 0.1
_STRAIGHT: Final = 0.01
_MOST: Final = 0.8
_RIM: Final = 0.15
_OF_A_FRAME: Final = 5  # points: four corners, and the first of them again
_NOT_READ: Final = ("/XObject", "/Pattern", "/Shading", "/Properties")


class Appearance(NamedTuple):
    """One to be read.

    Attributes:
        stream: its reference.
        size: of the rectangle that it is drawn in, in units.
        is_comb: whether upright lines part its characters.
        is_mark: whether it is the mark of a box, of which figures are a part.
    """

    stream: str
    size: tuple[float, float]
    is_comb: bool = False
    is_mark: bool = False


class Shown(NamedTuple):
    """What is seen: the text, and whether there is anything at all but a frame and a ground."""

    text: str
    is_blank: bool


def shown_by(
    document: bytes, snapshot: Snapshot, appearances: Sequence[Appearance]
) -> Iterator[Shown | None]:
    """What each shows; None: nobody can say.

    Args:
        document: the file; about its structure readers agree.
        snapshot: its objects.
        appearances: which.
    """
    if not appearances:
        return
    try:
        apart = _apart(document, appearances)
    except (pikepdf.PdfError, pikepdf.ForeignObjectError, ValueError, RuntimeError):
        yield from [None] * len(appearances)
        return
    with OpenedPages(apart) as pages:
        for index, appearance in enumerate(appearances):
            try:
                yield _shown(pages, index, snapshot, appearance)
            except (NoAnswerError, pypdfium2.PdfiumError):
                yield None


def _apart(document: bytes, appearances: Sequence[Appearance]) -> bytes:
    """A document with a page for each, which asks nobody to draw anything anew."""
    written = io.BytesIO()
    with (
        pikepdf.open(io.BytesIO(document), attempt_recovery=False, suppress_warnings=True) as pdf,
        pikepdf.new() as new,
    ):
        for appearance in appearances:
            number, generation, _ = appearance.stream.split()
            width, height = (min(max(each, _SMALLEST), _LARGEST) for each in appearance.size)
            page = new.add_blank_page(page_size=(width + 2 * _MARGIN, height + 2 * _MARGIN))
            stream = new.copy_foreign(pdf.get_object(int(number), int(generation)))
            corners = (_MARGIN, _MARGIN, _MARGIN + width, _MARGIN + height)
            page.obj["/Annots"] = pikepdf.Array(
                [
                    new.make_indirect(
                        pikepdf.Dictionary(
                            Type=pikepdf.Name.Annot,
                            Subtype=pikepdf.Name.Stamp,
                            Rect=pikepdf.Array([round(each, 4) for each in corners]),
                            F=4,
                            AP=pikepdf.Dictionary(N=stream),
                        )
                    )
                ]
            )
        new.save(written, deterministic_id=True)
    return written.getvalue()


def _shown(pages: OpenedPages, index: int, snapshot: Snapshot, appearance: Appearance) -> Shown:
    page = shown_page(pages, index)
    try:
        objects = objects_of(page)
        texts = texts_of(objects)
        others = [each for each in objects if each[1] != pdfium.FPDF_PAGEOBJ_TEXT]
        if not appearance.is_mark:
            _refuse_figures(snapshot, appearance, others)
        if not texts:
            return Shown("", is_blank=not (appearance.is_mark and others))
        refuse_what_reads_otherwise(texts)
        _refuse_other_fonts(snapshot, appearance)
        if any(map(has_pattern, texts)):
            raise NoAnswerError("text is filled with a pattern")
        text = _text(page, objects, _geometry(page))
        return Shown(text, is_blank=not text)
    finally:
        pages.close_page(index)


def _geometry(page: pypdfium2.PdfPage) -> PageGeometry:
    width, height = page.get_size()
    return PageGeometry(Rectangle(0.0, 0.0, width, height), 0, 1.0)


def _text(page: pypdfium2.PdfPage, objects: Sequence[Drawn], geometry: PageGeometry) -> str:
    """All of it, line by line, white space apart.

    Raises:
        NoAnswerError: some of it is not seen, or not legible.
    """
    with closing(page.get_textpage()) as text:
        glyphs = glyphs_of(text, geometry)
        if not glyphs:
            return ""
        taken = around(each.ink for each in glyphs)
        seen = seen_of(PageDrawing(page, objects, taken, geometry), text, glyphs)
    if len(seen) != len(glyphs):
        raise NoAnswerError("it has text that nobody sees")
    return "".join(each.glyph.text for line in lines_of(seen) for each in line.placed)


def _refuse_figures(snapshot: Snapshot, appearance: Appearance, others: Sequence[Drawn]) -> None:
    """For what is neither text nor a frame or ground of the whole field.

    Raises:
        NoAnswerError: there is such.
    """
    resources = snapshot.entry(appearance.stream, "/Resources")
    if any(snapshot.entry(resources, each) for each in _NOT_READ):
        raise NoAnswerError("it may draw other forms, pictures or patterns")
    if not others:
        return
    within = box_of(snapshot, snapshot.entry(appearance.stream, "/BBox"))
    if within is None:
        raise NoAnswerError("it has no box")
    for each, kind in others:
        if kind != pdfium.FPDF_PAGEOBJ_PATH or has_pattern(each):
            raise NoAnswerError("it draws more than text and lines")
        for part in parts_of(each):
            if not _is_frame(part, within, is_comb=appearance.is_comb):
                raise NoAnswerError("it draws a figure")


def _is_frame(part: list[Point] | None, box: Box, *, is_comb: bool) -> bool:
    """Whether a part of a path goes around the field, or along one side, or parts a comb."""
    if part is None or len(part) > _OF_A_FRAME:
        return False
    if len(part) == 1:
        return True
    if any(min(abs(x1 - x0), abs(y1 - y0)) > _STRAIGHT for (x0, y0), (x1, y1) in pairwise(part)):
        return False
    xs, ys = [x for x, _ in part], [y for _, y in part]
    width, height = box.right - box.left, box.top - box.bottom
    is_wide = max(xs) - min(xs) >= _MOST * width
    is_high = max(ys) - min(ys) >= _MOST * height
    rim = _RIM * height
    is_at_rim = max(ys) <= box.bottom + rim or min(ys) >= box.top - rim
    is_upright = max(xs) - min(xs) <= _STRAIGHT
    return (is_wide and (is_high or is_at_rim)) or (is_comb and is_high and is_upright)


def _refuse_other_fonts(snapshot: Snapshot, appearance: Appearance) -> None:
    """For fonts whose characters are drawings, and for those that are not the appearance's own.

    Raises:
        NoAnswerError: there is such.
    """
    fonts = snapshot.entry(appearance.stream, "/Resources", "/Font")
    if not isinstance(fonts, dict):
        raise NoAnswerError("its fonts are another's")
    if any(snapshot.entry(each, "/Subtype") == "/Type3" for each in fonts.values()):
        raise NoAnswerError("its characters are drawings")


def stream_of(snapshot: Snapshot, value: object) -> str | None:
    """The reference of the stream that a value refers to."""
    for _ in range(8):
        if not is_reference(value):
            return None
        if value in snapshot.streams:
            return value
        value = snapshot.objects.get(value)
    return None
