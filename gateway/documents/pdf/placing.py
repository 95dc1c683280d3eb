"""Where the stamp goes: a page and an area on it, or a named reason why nowhere."""

from collections.abc import Callable, Generator
from contextlib import ExitStack, closing

import pypdfium2

from gateway.documents.errors import (
    DamagedDocumentProblem,
    KeywordNotFoundProblem,
    OffPageProblem,
    PageOutOfRangeProblem,
    PlacementProblem,
)
from gateway.documents.pdf.geometry import Area, PageGeometry, Rectangle
from policies.model import BesideKeyword, OnPage

_MOST_OCCURRENCES = 10_000


def page_index(placement: OnPage, *, pages: int) -> int:
    """The zero-based page of the placement.

    Raises:
        PageOutOfRangeProblem: the document has no such page.
    """
    number = pages if placement.page == "last" else placement.page
    if not 1 <= number <= pages:
        raise PageOutOfRangeProblem(f"page {number} was asked for; the document has {pages}")
    return number - 1


def area_on_page(
    placement: OnPage, geometry: PageGeometry, *, width_mm: float, height_mm: float
) -> Area:
    """The stamp's area for a placement by millimetres.

    Raises:
        OffPageProblem: it would not lie wholly on the visible page.
    """
    area = Area(placement.left_mm, placement.top_mm, width_mm, height_mm)
    if not geometry.holds(area):
        raise OffPageProblem(
            f"a stamp of {width_mm:g} x {height_mm:g} mm at {placement.left_mm:g} mm from the left "
            f"and {placement.top_mm:g} mm from the top leaves the page of "
            f"{geometry.width_mm:.1f} x {geometry.height_mm:.1f} mm"
        )
    return area


def area_beside(
    placement: BesideKeyword,
    keyword_box: Rectangle,
    geometry: PageGeometry,
    *,
    width_mm: float,
    height_mm: float,
) -> Area:
    """The stamp's area beside a keyword: centred on its end, moved, and kept on the page.

    A keyword often stands near an edge, so here the stamp is moved onto the page rather than
    refused; it is refused only where the page is smaller than the stamp.
    """
    box = geometry.to_area(keyword_box)
    left = box.left_mm + box.width_mm + placement.dx_mm - width_mm / 2
    top = box.top_mm + box.height_mm / 2 + placement.dy_mm - height_mm / 2
    if width_mm > geometry.width_mm or height_mm > geometry.height_mm:
        raise OffPageProblem(
            f"a stamp of {width_mm:g} x {height_mm:g} mm does not fit on a page of "
            f"{geometry.width_mm:.1f} x {geometry.height_mm:.1f} mm"
        )
    left = min(max(left, 0.0), geometry.width_mm - width_mm)
    top = min(max(top, 0.0), geometry.height_mm - height_mm)
    return Area(left, top, width_mm, height_mm)


def find_keyword(
    document: bytes,
    placement: BesideKeyword,
    *,
    pages: int,
    geometry_of: Callable[[int], PageGeometry],
) -> tuple[int, Rectangle, PageGeometry]:
    """The page index, the user-space box and the page of the keyword's asked-for occurrence.

    Of a keyword that goes on in another line, or has a gap, the box is that of its last part. What
    lies outside the visible page does not count: nobody could say why the stamp is where it is.

    Raises:
        KeywordNotFoundProblem: names what was looked for and how often it was found.
        PlacementProblem: it occurs too often to say which is the last.
        DamagedDocumentProblem: two readers see different documents.
    """
    seen = 0
    last: tuple[int, Rectangle, PageGeometry] | None = None
    wanted = placement.occurrence
    with closing(_occurrences(document, placement.keyword, pages=pages)) as found:
        for index, box in found:
            geometry = geometry_of(index)
            if not geometry.shows(box):
                continue
            seen += 1
            last = index, box, geometry
            if wanted in ("first", seen):
                return last
            if seen >= _MOST_OCCURRENCES:
                raise PlacementProblem(
                    f"{placement.keyword!r} occurs more than {_MOST_OCCURRENCES} times; "
                    "take a keyword that is rarer"
                )
    if wanted == "last" and last is not None:
        return last
    raise KeywordNotFoundProblem(
        f"looked for occurrence {wanted!r} of {placement.keyword!r} in the text of every page; "
        f"found it {seen} times"
    )


def _occurrences(
    document: bytes, keyword: str, *, pages: int
) -> Generator[tuple[int, Rectangle], None, None]:
    if not keyword:
        return  # it would be everywhere
    with ExitStack() as stack:
        pdf = pypdfium2.PdfDocument(document)
        stack.callback(pdf.close)
        if len(pdf) != pages:
            raise DamagedDocumentProblem(
                f"one reader finds {pages} pages and another {len(pdf)}; the file is ambiguous"
            )
        for index in range(pages):
            page = pdf[index]
            stack.callback(page.close)
            text = page.get_textpage()
            stack.callback(text.close)
            for start, length in _hits(text, keyword):
                yield index, _last_part(text, start, length)


def _hits(text: pypdfium2.PdfTextPage, keyword: str) -> Generator[tuple[int, int], None, None]:
    searcher = text.search(keyword, match_case=True)
    try:
        while (hit := searcher.get_next()) is not None:
            yield hit
    finally:
        searcher.close()


def _last_part(text: pypdfium2.PdfTextPage, start: int, length: int) -> Rectangle:
    # pdfium joins characters of one line; the boxes of spaces that it inferred are of no use.
    parts = text.count_rects(start, length)
    return Rectangle(*text.get_rect(parts - 1))
