"""`avoid: overlap`: never over text, a field or an earlier seal, or a refusal that says why."""

import io

import pikepdf
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from gateway.documents.errors import OverlapProblem
from gateway.documents.model import StampPosition
from gateway.documents.placing.free_spot import Obstacle
from gateway.documents.placing.geometry import Area
from gateway.documents.placing.texts import DocumentText
from gateway.documents.pyhanko.pages import PyHankoPages
from policies.model import BesideKeyword, OnPage, OnPages, Placement, Several
from tests.document_fixtures import assert_sealed, receipts, soft_seal
from tests.unit.documents.drafts import A4, many_pages, one_page, stream
from tests.unit.documents.looking import UNITS_PER_MM, assert_differs_only_inside, stamps_of
from tests.unit.documents.test_keywords import scanned

SEAL = soft_seal()
LINE = "BT /F 12 Tf 1 0 0 1 {x} {y} Tm (A line of the contract) Tj ET "


def here(left: float, top: float, page: int = 1) -> OnPage:
    return OnPage(page=page, left_mm=left, top_mm=top, avoid="overlap")


def only(document: bytes, placement: Placement) -> StampPosition:
    (stamp,) = stamps_of(SEAL.prepare(document, placement))
    return stamp


def test_a_free_spot_stays_wliesit_was_asked_for() -> None:
    stamp = only(one_page(LINE.format(x=60, y=700)), here(100, 200))
    assert (stamp.left_mm, stamp.top_mm) == (100, 200)


@pytest.mark.parametrize("page", [A4, f"{A4}/Rotate 90", "/MediaBox[-100 -50 495 792]"])
def test_a_stamp_moves_off_text_by_as_little_as_it_can(page: str) -> None:
    document = one_page(LINE.format(x=60, y=600), page=page)
    asked = only(document, BesideKeyword(keyword="contract"))
    stamp = only(document, BesideKeyword(keyword="contract", avoid="overlap"))
    moved = abs(stamp.left_mm - asked.left_mm), abs(stamp.top_mm - asked.top_mm)
    assert 4 < sum(moved) < 8
    assert min(moved) == pytest.approx(0)
    covered = OnPage(page=1, left_mm=asked.left_mm, top_mm=asked.top_mm, avoid="overlap")
    again = only(document, covered)
    assert (again.left_mm, again.top_mm) == (stamp.left_mm, stamp.top_mm)


def test_a_page_of_single_characters_is_looked_at_like_one_of_lines() -> None:
    lines = "".join(
        f"BT /F 10 Tf 1 0 0 1 {20 + 6 * column} {820 - 14 * row} Tm (x) Tj ET "
        for row in range(57)
        for column in range(92)
    )
    with pytest.raises(OverlapProblem, match="in the way: the text 'xx"):
        SEAL.prepare(one_page(lines), here(100, 100))


def test_a_page_with_more_pieces_than_can_be_looked_at_is_refused() -> None:
    dots = "".join(
        f"BT /F 1 Tf 1 0 0 1 {10 + 5 * column} {830 - 12 * row} Tm (x) Tj ET "
        for row in range(65)
        for column in range(110)
    )
    with pytest.raises(OverlapProblem, match="in more than 2000 places"):
        SEAL.prepare(one_page(dots), here(100, 100))


def test_what_is_in_the_way_is_told() -> None:
    lines = "".join(
        LINE.format(x=x, y=y) for y in range(10, 840, 20) for x in (10, 130, 250, 370, 490)
    )
    with pytest.raises(OverlapProblem) as caught:
        SEAL.prepare(one_page(lines), here(100, 100))
    assert caught.value.detail.startswith(
        "page 1 has no free spot of 10 x 10 mm within 80 mm of 100/100 mm; "
        "in the way: the text 'A line of the contract' at "
    )


def test_a_stamp_moves_off_an_earlier_seal() -> None:
    once = SEAL.seal(one_page(), OnPage(page=1, left_mm=50, top_mm=50))
    (stamp,) = stamps_of(SEAL.prepare(once, here(52, 55), document_id="D2"))
    assert (stamp.left_mm, stamp.top_mm) == (52, pytest.approx(60, abs=0.01))
    assert_sealed(SEAL.seal(once, here(52, 55), document_id="D2"), signatures=2)


def test_an_earlier_seal_is_named_when_tliesis_no_way_round_it() -> None:
    page = "/MediaBox[0 0 40 40]"
    once = SEAL.seal(one_page(page=page), OnPage(page=1, left_mm=2, top_mm=2))
    with pytest.raises(OverlapProblem, match=r"in the way: the form field 'Seal-D1' at 2/2 mm"):
        SEAL.prepare(once, here(2, 2), document_id="D2")


def test_stamps_of_one_act_keep_off_each_other() -> None:
    placement = Several(placements=(here(50, 50), here(50, 53), here(57, 50)))
    document = one_page()
    stamps = stamps_of(SEAL.prepare(document, placement))
    corners = [(stamp.left_mm, stamp.top_mm) for stamp in stamps]
    assert corners == [(50, 50), (50, 60), (60, 50)]
    sealed = SEAL.seal(document, placement)
    assert_sealed(sealed)
    assert_differs_only_inside(document, sealed, stamps)


def test_hidden_annotations_and_links_are_in_nobodys_way() -> None:
    annotations = "".join(
        f"<</Type/Annot/Subtype/{kind}/Rect[100 600 200 700]{more}>>"
        for kind, more in (("Link", ""), ("Square", "/F 2"), ("Popup", ""), ("Square", "/F 32"))
    )
    stamp = only(one_page(page=f"{A4}/Annots[{annotations}]"), here(40, 60))
    assert (stamp.left_mm, stamp.top_mm) == (40, 60)


def test_a_note_is_in_the_way() -> None:
    box = "/Rect[100 600 200 700]"
    drawn = stream(b"0 0 100 100 re S", "/Type/XObject/Subtype/Form/BBox[0 0 100 100]")
    note = f"<</Type/Annot/Subtype/Square{box}/T(Li Hua)/AP<</N 6 0 R>>>>"
    document = one_page(page=f"{A4}/Annots[{note}]", more={6: drawn})
    stamp = only(document, here(40, 60))
    assert stamp.left_mm + 10 == pytest.approx(100 / UNITS_PER_MM, abs=0.01) or stamp.top_mm > 60


def test_on_a_scan_nobody_can_say_what_is_covered() -> None:
    with pytest.raises(OverlapProblem, match="page 1 is a scan without text"):
        SEAL.prepare(scanned(1), here(10, 10))


@pytest.mark.parametrize("path", receipts()[::12], ids=lambda path: path.name)
def test_on_real_receipts_no_text_is_covered(path: object) -> None:
    document = path.read_bytes()  # type: ignore[attr-defined]
    placement = OnPages(pages="last", left_mm=5, top_mm=5, avoid="overlap")
    try:
        prepared = SEAL.prepare(document, placement)
    except OverlapProblem:
        return
    stamps = stamps_of(prepared)
    assert_differs_only_inside(document, SEAL.seal(document, placement), stamps)
    with pikepdf.open(io.BytesIO(document)) as pdf:
        count = len(pdf.pages)
    pages = PyHankoPages(PdfFileReader(io.BytesIO(document)), count)
    (stamp,) = stamps
    area = Area(stamp.left_mm, stamp.top_mm, stamp.width_mm, stamp.height_mm)
    with DocumentText(document, pages=count) as texts:
        text = texts.page(count - 1)
        for box in text.boxes:
            lies = pages.geometry(count - 1).to_area(box)
            assert not Obstacle(lies, "").meets(area), text.words(box)


def test_each_page_finds_its_own_spot() -> None:
    document = many_pages([A4, "/MediaBox[0 200 595 842]"], LINE.format(x=60, y=700))
    placement = OnPages(pages="all", left_mm=30, top_mm=45, avoid="overlap")
    one, other = stamps_of(SEAL.prepare(document, placement))
    assert one.page == 1
    assert other.page == 2
    sealed = SEAL.seal(document, placement)
    assert_sealed(sealed)
    assert_differs_only_inside(document, sealed, [one, other])
