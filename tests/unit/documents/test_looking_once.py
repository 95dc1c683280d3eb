"""Inspection, placing and reading share what is opened, and none sees what another did to it."""

import pypdfium2.raw as pdfium
import pytest

from gateway.documents.content.reading import Reading
from gateway.documents.inspection.covering import count_covered
from gateway.documents.inspection.inspecting import inspect
from gateway.documents.opened_pages import OpenedPages
from gateway.documents.pyhanko.opened import Opened
from gateway.documents.pyhanko.pages import PyHankoPages, count_pages
from gateway.documents.pyhanko.press import PyHankoPress
from gateway.revisions.text_boxes import Box
from policies.model import BesideKeyword, OnPage, Placement
from tests.document_fixtures import SQUARE, drawn, preparation, soft_seal
from tests.hostile.samples import BLACK_PIXEL, TEXT, WHITE_BOX, picture_over_text
from tests.unit.documents.content.asked import facts_of
from tests.unit.documents.drafts import A4, one_page, stream

SIGNED = soft_seal().seal(
    one_page("BT /F 12 Tf 100 400 Td (Seal here, if agreed) Tj ET"),
    OnPage(page=1, left_mm=20, top_mm=20),
)
BESIDE = BesideKeyword(keyword="Seal")
COVERED = picture_over_text(f"{TEXT} q 500 0 0 60 80 680 cm /P Do Q", BLACK_PIXEL)
FORM = "/Type/XObject/Subtype/Form/BBox[0 0 400 40]/Resources<</Font<</F 4 0 R>>>>"


def noted(field: str) -> bytes:
    """A text under a stamp, for which the page is drawn, and a field beside it, object 8."""
    return one_page(
        "BT /F 24 Tf 100 700 Td (CNY 1280.00) Tj ET BT /F 24 Tf 100 500 Td (agreed) Tj ET",
        page=f"{A4}/Annots[6 0 R 8 0 R]",
        catalog="<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[8 0 R]/NeedAppearances true"
        "/DA(/F 12 Tf 0 g)/DR<</Font<</F 4 0 R>>>>>>>>",
        more={
            6: "<</Type/Annot/Subtype/Stamp/F 4/Rect[90 690 490 730]/AP<</N 7 0 R>>>>",
            7: WHITE_BOX,
            8: "<</Type/Annot/Subtype/Widget/FT/Tx/T(a)/DA(/F 12 Tf 0 g)/Rect[100 600 300 640]"
            f"/V(CNY 9280.00){field}>>",
            9: stream(b"BT /F 12 Tf 2 5 Td (CNY 9280.00) Tj ET", FORM),
        },
    )


def test_an_appearance_that_pdfium_makes_up_while_it_draws_is_not_read() -> None:
    facts = facts_of(noted(""), "text", "pictures")
    assert "covered-content" in {each.rule for each in facts.findings}  # so it was drawn
    assert facts.content is not None
    assert facts.content.asked == frozenset()


@pytest.mark.parametrize("appearance", ["", "/AP<</N 0>>", "/AP<</N/x>>", "/AP<<>>", "/AP 0"])
def test_a_mark_whose_appearance_is_none_is_found_and_no_page_with_it_is_read(
    appearance: str,
) -> None:
    marked = one_page(
        "BT /F 24 Tf 100 700 Td (CNY 1280.00) Tj ET",
        page=f"{A4}/Annots[6 0 R]",
        more={
            6: f"<</Type/Annot/Subtype/Square/F 4/IC[1 1 1]/Rect[95 695 300 720]{appearance}>>",
        },
    )
    facts = facts_of(marked, "text")
    assert "ambiguous-structure" in {each.rule for each in facts.findings}
    assert facts.content is not None
    assert facts.content.asked == frozenset()


def test_pdfium_makes_up_an_appearance_while_it_draws() -> None:
    # Otherwise the test above would show nothing.
    with OpenedPages(noted("")) as opened:
        page = opened.page(0)
        page.render(draw_annots=True).close()
        field = pdfium.FPDFPage_GetAnnot(page, 1)
        has_appearance = pdfium.FPDFAnnot_HasKey(field, b"AP")
        pdfium.FPDFPage_CloseAnnot(field)
    assert has_appearance


def test_an_appearance_that_the_file_has_is_read_after_the_page_was_drawn() -> None:
    facts = facts_of(noted("/AP<</N 9 0 R>>"), "text", "pictures")
    assert "covered-content" in {each.rule for each in facts.findings}
    assert facts.content is not None
    assert facts.content.asked == {"text", "pictures"}
    assert facts.content.text == "CNY9280.00 agreed"


@pytest.mark.parametrize("document", [COVERED, SIGNED], ids=["picture", "stamp"])
def test_looking_for_what_is_covered_leaves_the_page_as_it_was(document: bytes) -> None:
    with Opened(document) as opened:
        page = opened.pages.page(0)
        before = page.render().to_pil().tobytes()
        inspect(document, opened=opened)
        count_covered(page, [Box(0, 0, 595, 842)])
        assert opened.pages.page(0) is page
        assert page.render().to_pil().tobytes() == before


@pytest.mark.parametrize("counted", [False, True])
def test_a_document_that_was_inspected_reads_as_one_that_was_not(*, counted: bool) -> None:
    def read(opened: Opened) -> list[str]:
        pages = PyHankoPages(opened.reader, count_pages(opened.reader))
        reading = Reading(opened.pages, pages)
        if counted:
            reading.pictures(0)
        return [line.text for line in reading.lines(0)]

    with Opened(SIGNED) as fresh, Opened(SIGNED) as inspected:
        inspect(SIGNED, opened=inspected)
        assert read(inspected) == read(fresh)
        assert read(inspected) == read(fresh) != []  # and again: nothing of it stays hidden


@pytest.mark.parametrize(
    "placement", [OnPage(page=1, left_mm=60, top_mm=20), BESIDE], ids=["place", "keyword"]
)
def test_an_update_changes_nothing_that_is_read_afterwards(placement: Placement) -> None:
    press = PyHankoPress(soft_seal().material, drawn(SQUARE))
    wanted = preparation(placement, document_id="D2")
    with Opened(SIGNED) as opened:
        first = press.prepare(SIGNED, wanted, opened)
        assert press.prepare(SIGNED, wanted, opened) == first
        assert inspect(SIGNED, opened=opened) == inspect(SIGNED)
    assert press.prepare(SIGNED, wanted) == first


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("box", ["", "/CropBox[60 40 560 800]"], ids=["whole", "cropped"])
def test_what_is_covered_is_counted_wherever_it_is_on_the_page(turn: int, box: str) -> None:
    # In two corners, so that nearly the whole page is drawn, and one that is open between them.
    places = ((70, 780), (70, 50), (420, 50), (250, 400))
    texts = " ".join(f"BT /F 14 Tf {x} {y} Td (due in 30 days) Tj ET" for x, y in places)
    covers = " ".join(
        f"q 130 0 0 20 {x - 4} {y - 6} cm BI /W 1 /H 1 /BPC 8 /CS /G ID \x01 EI Q"
        for x, y in places[:3]
    )
    document = one_page(f"{texts} {covers}", page=f"{A4}{box}/Rotate {turn}")
    (finding,) = inspect(document)
    assert finding.detail == "page 1 has 3 texts under a picture or annotation"


@pytest.mark.parametrize("place", [(70, 780), (70, 50), (420, 50), (420, 780)])
def test_one_text_in_a_corner_is_drawn_by_itself(place: tuple[int, int]) -> None:
    x, y = place
    text = f"BT /F 14 Tf {x} {y} Td (due in 30 days) Tj ET"
    cover = f"q 130 0 0 20 {x - 4} {y - 6} cm BI /W 1 /H 1 /BPC 8 /CS /G ID \x01 EI Q"
    grey = cover.replace("\x01", "p")  # upon which it is seen
    assert [each.rule for each in inspect(one_page(f"{text} {cover}"))] == ["covered-content"]
    assert inspect(one_page(f"{grey} {text}")) == ()
