"""What is drawn: text under pictures, annotations and stamps, and what lies outside the page."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import pypdfium2
import pypdfium2.raw as pdfium

from gateway.documents.inspection.bounds import (
    MOST_DRAWN,
    MOST_PAGES_UNDER_PICTURES,
    MOST_PAIRS,
    MOST_PIXELS_DRAWN,
    MOST_TEXT_BOXES,
)
from gateway.documents.inspection.covering import (
    FORM_DEPTH,
    count_covered,
    count_pixels,
    has_undrawable_picture,
)
from gateway.documents.inspection.sheets import Sheet
from gateway.documents.inspection.sighting import Sighting
from gateway.documents.opened_pages import OpenedPages
from gateway.revisions.text_boxes import Box, boxes_of_text, shows_text, touch

_HALF: Final = 0.5
_MOST_PIXELS_KEPT: Final = 4_000_000
"""Of the pictures of a page that stays loaded: once it was drawn, they are with it in memory."""


class _TooMuchError(Exception):
    """There is more to look at than is looked at; the message says what."""


def drawn_sightings(
    pages: OpenedPages, sheets: Sequence[Sheet], has_costly_pattern: Callable[[], bool]
) -> Iterator[Sighting]:
    """What covered-content, stamp-over-text and page-box-tricks are about, as pages show it.

    Args:
        pages: the document, as pdfium has it.
        sheets: its pages, as another reader has them.
        has_costly_pattern: whether it has a pattern that no reader could lay.
    """
    if pages.count != len(sheets):
        yield Sighting(
            "ambiguous-structure",
            f"one reader finds {len(sheets)} pages and another {pages.count}",
        )
        return
    try:
        yield from _of_pages(pages, sheets, has_costly_pattern)
    except _TooMuchError as too_much:
        yield Sighting("limits", str(too_much))


def _of_pages(
    pages: OpenedPages, sheets: Sequence[Sheet], has_costly_pattern: Callable[[], bool]
) -> Iterator[Sighting]:
    things, pixels, drawn_pages = 0, 0, 0
    for index, sheet in enumerate(sheets):
        page = _Page(pages.page(index))
        things += page.count
        if things > MOST_DRAWN:
            raise _TooMuchError(f"more than {MOST_DRAWN} things are drawn")
        if sheet.visible is not None and page.draws_outside(sheet.visible):
            what = f"page {index + 1} has content outside its /CropBox"
            yield Sighting("page-box-tricks", what)
        suspects = page.text_under(sheet.covers)
        stamped = page.count_touched_by(sheet.stamps)
        if stamped:
            what = f"page {index + 1} has {_texts(stamped)} under the stamp of an earlier signature"
            yield Sighting("stamp-over-text", what)
        if not suspects:
            continue
        drawn_pages += 1
        pixels_here = count_pixels(pages.page(index))
        pixels += pixels_here
        if drawn_pages > MOST_PAGES_UNDER_PICTURES or pixels > MOST_PIXELS_DRAWN:
            raise _TooMuchError(
                f"text lies under pictures on more than {MOST_PAGES_UNDER_PICTURES} pages, or "
                f"under more than {MOST_PIXELS_DRAWN} pixels of them"
            )
        if drawn_pages == 1 and has_costly_pattern():
            raise _TooMuchError("text lies under a picture, beside a pattern of endless tiles")
        if not sheet.is_drawn_as_written:
            with pages.page_apart(index) as apart:
                yield from _of_texts(apart, index, suspects)
            continue
        yield from _of_texts(pages.page(index), index, suspects)
        if pixels_here > _MOST_PIXELS_KEPT:
            pages.close_page(index)


def _of_texts(page: pypdfium2.PdfPage, index: int, suspects: list[Box]) -> Iterator[Sighting]:
    if has_undrawable_picture(page):
        yield Sighting(
            "covered-content",
            f"page {index + 1} has a text under a picture, and a picture that cannot be drawn to "
            "see what it hides",
        )
        return
    covered = count_covered(page, suspects)
    if covered:
        what = f"page {index + 1} has {_texts(covered)} under a picture or annotation"
        yield Sighting("covered-content", what)


def _texts(count: int) -> str:
    return "a text" if count == 1 else f"{count} texts"


class _Page:
    """A page of pdfium's while something is asked about it."""

    def __init__(self, page: pypdfium2.PdfPage) -> None:
        self._page = page
        self._boxes: list[Box] | None = None

    @property
    def count(self) -> int:
        """How many things are drawn, forms counted as one."""
        return max(int(pdfium.FPDFPage_CountObjects(self._page)), 1)

    def draws_outside(self, visible: Box) -> bool:
        """Whether a text or picture lies wholly outside."""
        kinds = [pdfium.FPDF_PAGEOBJ_TEXT, pdfium.FPDF_PAGEOBJ_IMAGE]
        return any(
            bounds.area > 0 and not bounds.meets(visible)
            for bounds in (
                Box(*each.get_bounds()) for each in self._page.get_objects(kinds, max_depth=1)
            )
        )

    def text_under(self, annotations: Sequence[Box]) -> list[Box]:
        """The boxes of text of which more than half lies under a picture or annotation."""
        covers = [*annotations, *(Box(*each.get_bounds()) for each in self._pictures())]
        if not covers or not self._shows_text():
            return []
        boxes = self._texts()
        smallest = min((box.area for box in boxes), default=0.0)
        large = [cover for cover in covers if cover.area > _HALF * smallest]
        if len(large) * len(boxes) > MOST_PAIRS:
            return boxes  # drawing them tells, too
        return [box for box in boxes if any(_is_mostly_under(box, cover) for cover in large)]

    def count_touched_by(self, stamps: Sequence[Box]) -> int:
        """How many texts have something in common with a stamp, whatever it leaves to be seen.

        Unlike a cover a stamp need not hide a text to make it say something else.
        """
        if not stamps or not self._shows_text():
            return 0
        boxes = self._texts()
        if len(stamps) * len(boxes) > MOST_PAIRS:
            raise _TooMuchError("more stamps lie among more texts than are compared")
        return sum(any(touch(box, stamp) for stamp in stamps) for box in boxes)

    def _texts(self) -> list[Box]:
        """Where text lies, line by line."""
        if self._boxes is None:
            found = boxes_of_text(self._page, most=MOST_TEXT_BOXES)
            if found is None:
                raise _TooMuchError(f"a page has more than {MOST_TEXT_BOXES} texts")
            self._boxes = found
        return self._boxes

    def _shows_text(self) -> bool:
        return shows_text(self._page, depth=FORM_DEPTH)

    def _pictures(self) -> Iterator[pypdfium2.PdfObject]:
        """Pictures, and forms with a picture in them, of which the size is enough here."""
        count = pdfium.FPDFPage_CountObjects(self._page)
        for index in range(count):
            raw = pdfium.FPDFPage_GetObject(self._page, index)
            kind = pdfium.FPDFPageObj_GetType(raw)
            if kind == pdfium.FPDF_PAGEOBJ_IMAGE or (
                kind == pdfium.FPDF_PAGEOBJ_FORM and _holds_picture(raw, FORM_DEPTH)
            ):
                yield pypdfium2.PdfObject(raw, page=self._page)


def _holds_picture(form: object, depth: int) -> bool:
    for index in range(pdfium.FPDFFormObj_CountObjects(form)):
        raw = pdfium.FPDFFormObj_GetObject(form, index)
        kind = pdfium.FPDFPageObj_GetType(raw)
        if kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            return True
        if kind == pdfium.FPDF_PAGEOBJ_FORM and depth and _holds_picture(raw, depth - 1):
            return True
    return False


def _is_mostly_under(text: Box, cover: Box) -> bool:
    # Thousands of times: without the box of what they have in common.
    left, bottom, right, top = text
    across = min(right, cover.right) - max(left, cover.left)
    down = min(top, cover.top) - max(bottom, cover.bottom)
    return across > 0 and down > 0 and across * down > _HALF * text.area
