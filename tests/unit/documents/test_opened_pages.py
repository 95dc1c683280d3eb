"""Pages are loaded once for all who look at them, and nobody sees what another did to one."""

from collections.abc import Callable

import pypdfium2
import pypdfium2.raw as pdfium
import pytest

from gateway.documents.errors import DamagedDocumentProblem
from gateway.documents.opened_pages import MOST_KEPT, MOST_OBJECTS, OpenedPages
from gateway.documents.placing.texts import DocumentText
from tests.hostile.samples import WHITE_BOX, annotation
from tests.unit.documents.drafts import A4, many_pages, one_page

NOTED = annotation("/Subtype/Stamp/F 4/AP<</N 7 0 R>>", {7: WHITE_BOX})


def pages(count: int, content: str = "0 0 9 9 re f") -> bytes:
    return many_pages([A4] * count, content)


def is_open(page: pypdfium2.PdfPage) -> bool:
    return page.raw is not None


def test_a_page_is_loaded_once_whoever_asks() -> None:
    with OpenedPages(pages(2)) as opened:
        first = opened.page(0)
        opened.page(1)
        assert opened.page(0) is first
        assert is_open(first)
        assert opened.count == 2


def test_of_many_pages_the_first_few_stay_open_and_the_one_that_was_asked_for() -> None:
    with OpenedPages(pages(MOST_KEPT + 3)) as opened:
        asked = [opened.page(index) for index in range(MOST_KEPT + 3)]
        assert [is_open(page) for page in asked] == [True] * MOST_KEPT + [False, False, True]


@pytest.mark.parametrize("objects", [MOST_OBJECTS, MOST_OBJECTS + 1])
def test_a_large_page_is_closed_when_another_is_asked_for(objects: int) -> None:
    with OpenedPages(pages(2, "0 0 9 9 re f " * objects)) as opened:
        first = opened.page(0)
        opened.page(1)
        assert is_open(first) == (objects == MOST_OBJECTS)


def test_a_page_that_somebody_changed_and_closed_is_loaded_anew() -> None:
    with OpenedPages(pages(1)) as opened:
        changed = opened.page(0)
        pdfium.FPDFPage_RemoveObject(changed, pdfium.FPDFPage_GetObject(changed, 0))
        opened.close_page(0)
        opened.close_page(0)  # nothing more to close
        assert not is_open(changed)
        assert pdfium.FPDFPage_CountObjects(opened.page(0)) == 1


def test_what_became_of_the_document_is_in_a_page_that_is_loaded_anew() -> None:
    with OpenedPages(NOTED) as opened:
        before = opened.page(0)
        pdfium.FPDFPage_Flatten(before, pdfium.FLAT_NORMALDISPLAY)
        count = pdfium.FPDFPage_CountObjects(before)
        after = opened.page_anew(0)
        assert pdfium.FPDFPage_CountObjects(after) == count + 1
        assert opened.page(0) is after
        assert not is_open(before)


def test_what_is_done_to_a_page_apart_is_not_seen_by_others() -> None:
    with OpenedPages(NOTED) as opened:
        with opened.page_apart(0) as apart:
            pdfium.FPDFPage_Flatten(apart, pdfium.FLAT_NORMALDISPLAY)
        assert not is_open(apart)
        assert pdfium.FPDFPage_GetAnnotCount(opened.page(0)) == 1


def _recorded(
    monkeypatch: pytest.MonkeyPatch, name: str, closed: list[str]
) -> Callable[[object], None]:
    original: Callable[[object], None] = getattr(pdfium, name)

    def close(raw: object) -> None:
        closed.append(name)
        original(raw)

    monkeypatch.setattr(pdfium, name, close)
    return close


@pytest.mark.parametrize("fails", [False, True])
def test_pages_are_closed_before_their_document_whatever_happens(
    monkeypatch: pytest.MonkeyPatch, *, fails: bool
) -> None:
    closed: list[str] = []
    for name in ("FPDF_ClosePage", "FPDF_CloseDocument", "FPDFText_ClosePage"):
        _recorded(monkeypatch, name, closed)
    with OpenedPages(pages(2)) as opened:
        try:
            with DocumentText(b"", pages=2, opened=opened) as texts:
                texts.page(0)
                texts.page(1)
                if fails:
                    raise DamagedDocumentProblem("of something else")  # noqa: TRY301 - as a placement would
        except DamagedDocumentProblem:
            assert fails
        assert closed == ["FPDFText_ClosePage"] * 2
    assert closed[2:] == ["FPDF_ClosePage"] * 2 + ["FPDF_CloseDocument"]


def test_a_document_that_pdfium_cannot_read_is_told_when_somebody_asks() -> None:
    with OpenedPages(b"%PDF-1.7 and no more") as opened:
        for _ in range(2):
            with pytest.raises(pypdfium2.PdfiumError):
                opened.page(0)


def test_a_page_that_is_not_there_leaves_the_others_open() -> None:
    with OpenedPages(one_page()) as opened:
        first = opened.page(0)
        with pytest.raises(pypdfium2.PdfiumError):
            opened.page(7)
        assert opened.page(0) is first
