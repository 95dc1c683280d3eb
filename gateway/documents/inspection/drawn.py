"""What is drawn: text under pictures and annotations, and content outside the visible page."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Final, Self

import pypdfium2
import pypdfium2.raw as pdfium

from gateway.documents.inspection.bounds import (
    MOST_DRAWN,
    MOST_PAGES_UNDER_PICTURES,
    MOST_TEXT_BOXES,
)
from gateway.documents.inspection.boxes import Box, cropped
from gateway.documents.inspection.covering import FORM_DEPTH, count_covered
from gateway.documents.inspection.patterns import has_costly_pattern
from gateway.documents.inspection.sighting import Sighting
from gateway.documents.inspection.snapshot import Snapshot, Value

_HALF: Final = 0.5
# Whose appearance is not there to be looked at, or stands in for something outside the page.
_NO_COVERS: Final = frozenset({"/Link", "/Popup"})


def drawn_sightings(document: bytes, snapshot: Snapshot) -> Iterator[Sighting]:
    """What covered-content is about, and page-box-tricks of what lies outside the page."""
    budget, drawn_pages = MOST_DRAWN, 0
    with ExitStack() as stack:
        pdf = pypdfium2.PdfDocument(document)
        stack.callback(pdf.close)
        pages = snapshot.pages()
        if len(pdf) != len(pages):
            yield Sighting(
                "ambiguous-structure",
                f"one reader finds {len(pages)} pages and another {len(pdf)}",
            )
            return
        for index, reference in enumerate(pages):
            with _Page(pdf, index) as page:
                budget -= page.count
                if budget < 0:
                    yield Sighting("limits", f"more is drawn than is looked at ({MOST_DRAWN})")
                    return
                visible = cropped(snapshot, reference)
                if visible is not None and page.draws_outside(visible):
                    yield Sighting(
                        "page-box-tricks", f"page {index + 1} has content outside its /CropBox"
                    )
                suspects = page.text_under(_annotation_boxes(snapshot, reference))
            if not suspects:
                continue
            if drawn_pages == 0 and has_costly_pattern(snapshot):
                yield Sighting(
                    "limits", "text lies under a picture, beside a pattern of endless tiles"
                )
                return
            drawn_pages += 1
            if drawn_pages > MOST_PAGES_UNDER_PICTURES:
                yield Sighting(
                    "limits",
                    f"text lies under pictures on more than {MOST_PAGES_UNDER_PICTURES} pages",
                )
                return
            covered = count_covered(pdf, index, suspects)
            if covered:
                texts = "a text" if covered == 1 else f"{covered} texts"
                yield Sighting(
                    "covered-content",
                    f"page {index + 1} has {texts} under a picture or annotation",
                )


class _Page:
    """A page of pdfium's while something is asked about it. Use as a context manager."""

    def __init__(self, pdf: pypdfium2.PdfDocument, index: int) -> None:
        self._page = pdf[index]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._page.close()

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

    def text_under(self, annotations: list[Box]) -> list[Box]:
        """The boxes of text of which more than half lies under a picture or annotation."""
        covers = annotations + [Box(*each.get_bounds()) for each in self._pictures()]
        if not covers:
            return []
        text = self._page.get_textpage()
        try:
            count = min(text.count_rects(), MOST_TEXT_BOXES)
            boxes = [Box(*text.get_rect(index)) for index in range(count)]
        finally:
            text.close()
        return [
            box
            for box in boxes
            if any(box.common(cover).area > _HALF * box.area for cover in covers)
        ]

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


def _annotation_boxes(snapshot: Snapshot, page: str) -> list[Box]:
    found = []
    for reference in snapshot.annotations(page):
        annotation = snapshot.resolve(reference)
        corners = snapshot.entry(annotation, "/Rect")
        if (
            snapshot.entry(annotation, "/AP") is not None
            and snapshot.entry(annotation, "/Subtype") not in _NO_COVERS
            and isinstance(corners, list)
        ):
            box = _box([snapshot.resolve(each) for each in corners])
            found += [] if box is None else [box]
    return found


def _box(values: list[Value]) -> Box | None:
    match values:
        case [
            int() | float() as x0,
            int() | float() as y0,
            int() | float() as x1,
            int() | float() as y1,
        ]:
            return Box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
        case _:
            return None
