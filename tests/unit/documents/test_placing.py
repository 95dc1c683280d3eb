"""Where the stamp goes, looked at on the rendered page."""

import pytest

from gateway.documents.errors import (
    DamagedDocumentProblem,
    KeywordNotFoundProblem,
    OffPageProblem,
    PageOutOfRangeProblem,
    PlacementProblem,
)
from gateway.documents.model import StampPosition
from gateway.documents.placing.texts import DocumentText
from gateway.seals.model import Picture
from policies.model import BesideKeyword, Invisible, OnPage
from tests.document_fixtures import (
    SoftSeal,
    assert_sealed,
    centre,
    ink_box,
    receipt,
    rendered,
    soft_seal,
)
from tests.unit.documents.drafts import A4, FONT, draft, one_page

UNITS_PER_MM = 72 / 25.4
SEAL = soft_seal()
PIXEL = 0.75
"""At two pixels a unit, with rounding at both edges."""

TOP_HALF_RED = Picture(
    kind="svg",
    data=b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10">'
    b'<rect width="10" height="10" fill="#0000ff"/>'
    b'<rect width="10" height="5" fill="#ff0000"/></svg>',
    width_mm=10,
)

# What makes text upright on a page that is shown turned clockwise.
UPRIGHT = {0: "1 0 0 1", 90: "0 1 -1 0", 180: "-1 0 0 -1", 270: "0 -1 1 0"}


def words(*texts: tuple[int, int, str], rotation: int = 0) -> str:
    """Text at places in user space, upright for a reader of a page so rotated."""
    shown = (f"{UPRIGHT[rotation]} {x} {y} Tm ({text}) Tj" for x, y, text in texts)
    return f"BT 0 1 0 rg /F 14 Tf {' '.join(shown)} ET"


def three_pages(text: str) -> bytes:
    page = f"<</Type/Page/Parent 2 0 R{A4}/Resources<</Font<</F 4 0 R>>>>/Contents 5 0 R>>"
    return draft(
        {
            1: "<</Type/Catalog/Pages 2 0 R>>",
            2: "<</Type/Pages/Kids[6 0 R 7 0 R 8 0 R]/Count 3>>",
            4: FONT,
            5: f"<</Length {len(text)}>>\nstream\n{text}\nendstream",
            **dict.fromkeys((6, 7, 8), page),
        }
    )


def red(sealed: bytes, page: int = 1) -> tuple[float, float]:
    return centre(ink_box(rendered(sealed, page=page), "red"))


@pytest.mark.parametrize(
    "name",
    [
        "plain-a4-traditional-620",
        "plain-a4-crop-box-605",
        "plain-a4-landscape-inherited-rotate-90-602",
        "plain-a4-landscape-rotate-270-origin-609",
        "plain-a5-landscape-origin-negative-603",
        "plain-a5-rotate-180-608",
        "plain-label-origin-positive-604",
        "scan-a5-landscape-rotate-90-853",
        "cairo-roll58-204",
    ],
)
def test_a_stamp_lies_where_it_was_asked_for_and_has_its_true_size(name: str) -> None:
    sealed = SEAL.seal(receipt(name), OnPage(page=1, left_mm=20, top_mm=30))
    left, top, right, bottom = ink_box(rendered(sealed), "red")
    assert (left, top) == pytest.approx((20 * UNITS_PER_MM, 30 * UNITS_PER_MM), abs=PIXEL)
    assert (right, bottom) == pytest.approx((30 * UNITS_PER_MM, 40 * UNITS_PER_MM), abs=PIXEL)


def test_a_user_unit_makes_the_stamp_smaller_in_units_and_the_same_in_millimetres() -> None:
    document = receipt("plain-a4-user-unit-2")
    sealed = SEAL.seal(document, OnPage(page=1, left_mm=20, top_mm=30))
    left, top, right, _ = ink_box(rendered(sealed), "red")
    # The renderer counts user space units; here each is 2/72 inch.
    assert (left, top) == pytest.approx((10 * UNITS_PER_MM, 15 * UNITS_PER_MM), abs=PIXEL)
    assert right - left == pytest.approx(5 * UNITS_PER_MM, abs=PIXEL)


def test_a_stamp_is_upright_on_every_rotation() -> None:
    flag = soft_seal(stamp=TOP_HALF_RED)
    for rotation in (0, 90, 180, 270):
        document = one_page(page=f"{A4}/Rotate {rotation}")
        sealed = flag.seal(document, OnPage(page=1, left_mm=20, top_mm=30))
        left, top, right, bottom = ink_box(rendered(sealed), "red")
        assert top == pytest.approx(30 * UNITS_PER_MM, abs=PIXEL)
        assert bottom - top == pytest.approx(5 * UNITS_PER_MM, abs=PIXEL)
        assert right - left == pytest.approx(10 * UNITS_PER_MM, abs=PIXEL)


def test_what_is_reported_is_what_was_asked_for() -> None:
    prepared = SEAL.prepare(receipt("outline-3-pages"), OnPage(page="last", left_mm=1, top_mm=2))
    (stamp,) = prepared.stamps
    assert isinstance(stamp, StampPosition)
    assert stamp.page == 3
    assert (stamp.left_mm, stamp.top_mm) == (1, 2)
    assert (stamp.width_mm, stamp.height_mm) == pytest.approx((10, 10))


@pytest.mark.parametrize("page", [1, 2, 3])
def test_each_page_can_be_stamped(page: int) -> None:
    sealed = SEAL.seal(three_pages(""), OnPage(page=page, left_mm=20, top_mm=30))
    assert red(sealed, page) == pytest.approx((25 * UNITS_PER_MM, 35 * UNITS_PER_MM), abs=PIXEL)


def test_the_last_page_is_the_last() -> None:
    sealed = SEAL.seal(three_pages(""), OnPage(page="last", left_mm=20, top_mm=30))
    assert red(sealed, 3)


@pytest.mark.parametrize("page", [0, -1, 4])
def test_a_page_that_does_not_exist_is_refused(page: int) -> None:
    with pytest.raises(PageOutOfRangeProblem, match=f"page {page} .* has 3"):
        SEAL.prepare(three_pages(""), OnPage(page=page, left_mm=0, top_mm=0))


@pytest.mark.parametrize(
    ("left", "top"), [(-0.1, 0), (0, -0.1), (200.1, 0), (0, 287.3), (9999, 9999)]
)
def test_a_stamp_that_leaves_the_page_is_refused(left: float, top: float) -> None:
    with pytest.raises(OffPageProblem, match=r"10 x 10 mm .* 209\.9 x 297\.0 mm"):
        SEAL.prepare(one_page(), OnPage(page=1, left_mm=left, top_mm=top))


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize(
    "boxes",
    [
        A4,
        "/MediaBox[-100 50 495 892]",
        "/MediaBox[0 0 595 842]/CropBox[60 70 500 800]",
        "/MediaBox[595 842 0 0]/CropBox[-50 30 580 2000]",
    ],
    ids=["plain", "origin", "crop", "odd"],
)
def test_a_stamp_beside_a_keyword_is_centred_on_its_end(boxes: str, rotation: int) -> None:
    text = words((300, 400, "Received here"), rotation=rotation)
    document = one_page(text, page=f"{boxes}/Rotate {rotation}")
    sealed = SEAL.seal(document, BesideKeyword(keyword="Received here"))
    _, top, right, bottom = ink_box(rendered(document), "green")
    assert red(sealed) == pytest.approx((right, (top + bottom) / 2), abs=2 * PIXEL)


def test_a_keyword_stamp_is_moved_by_millimetres() -> None:
    document = one_page(words((200, 400, "Seal")))
    _, top, right, bottom = ink_box(rendered(document), "green")
    sealed = SEAL.seal(document, BesideKeyword(keyword="Seal", dx_mm=20, dy_mm=-15))
    wanted = (right + 20 * UNITS_PER_MM, (top + bottom) / 2 - 15 * UNITS_PER_MM)
    assert red(sealed) == pytest.approx(wanted, abs=2 * PIXEL)


@pytest.mark.parametrize(("occurrence", "y"), [("first", 700), (1, 700), (2, 500), ("last", 300)])
def test_the_asked_for_occurrence_is_taken(occurrence: int | str, y: int) -> None:
    document = one_page(words((100, 700, "Seal"), (100, 500, "Seal"), (100, 300, "Seal")))
    placement = BesideKeyword(keyword="Seal", occurrence=occurrence)  # type: ignore[arg-type]
    _, middle = red(SEAL.seal(document, placement))
    assert 842 - middle == pytest.approx(y + 5, abs=2)


def test_occurrences_are_counted_through_all_pages() -> None:
    document = three_pages(words((100, 700, "Seal"), (100, 500, "Seal")))
    prepared = SEAL.prepare(document, BesideKeyword(keyword="Seal", occurrence=4))
    (stamp,) = prepared.stamps
    assert isinstance(stamp, StampPosition)
    assert stamp.page == 2


@pytest.mark.parametrize(
    ("occurrence", "times"), [("first", 0), ("last", 0), (1, 0), (3, 2), (99, 2)]
)
def test_a_keyword_that_is_not_there_is_named_and_counted(occurrence: object, times: int) -> None:
    keyword = "Seal" if times else "Siegel"
    document = one_page(words((100, 700, "Seal"), (100, 500, "Seal")))
    placement = BesideKeyword(keyword=keyword, occurrence=occurrence)  # type: ignore[arg-type]
    with pytest.raises(KeywordNotFoundProblem, match=rf"{keyword}.*found it {times} times"):
        SEAL.prepare(document, placement)


def test_a_chinese_keyword_is_found() -> None:
    document = receipt("reportlab-a4-ascii85")
    prepared = SEAL.prepare(document, BesideKeyword(keyword="收货"))
    (stamp,) = prepared.stamps
    assert isinstance(stamp, StampPosition)
    assert_sealed(SEAL.seal(document, BesideKeyword(keyword="收货")))
    with pytest.raises(KeywordNotFoundProblem, match="没有的字"):
        SEAL.prepare(document, BesideKeyword(keyword="没有的字"))


def test_of_a_keyword_that_goes_on_in_the_next_line_the_last_part_counts() -> None:
    document = one_page(words((300, 700, "Received"), (100, 680, "here")))
    last = one_page(words((100, 680, "here")))
    _, top, right, bottom = ink_box(rendered(last), "green")
    sealed = SEAL.seal(document, BesideKeyword(keyword="Received here"))
    assert red(sealed) == pytest.approx((right, (top + bottom) / 2), abs=2 * PIXEL)


def test_a_keyword_near_an_edge_keeps_the_stamp_on_the_page() -> None:
    document = one_page(words((560, 830, "End")))
    left, top, right, bottom = ink_box(
        rendered(SEAL.seal(document, BesideKeyword(keyword="End"))), "red"
    )
    assert right == pytest.approx(595, abs=PIXEL)
    assert top == pytest.approx(0, abs=PIXEL)
    assert right - left == bottom - top == pytest.approx(10 * UNITS_PER_MM, abs=2 * PIXEL)


def test_a_page_smaller_than_the_stamp_is_refused_beside_a_keyword_too() -> None:
    document = one_page(words((2, 5, "x")), page="/MediaBox[0 0 25 25]")
    with pytest.raises(OffPageProblem, match="does not fit"):
        SEAL.prepare(document, BesideKeyword(keyword="x"))


def test_a_keyword_outside_the_visible_page_does_not_count() -> None:
    cropped = f"{A4}/CropBox[0 0 595 600]"
    document = one_page(words((100, 700, "Seal"), (100, 300, "Seal")), page=cropped)
    prepared = SEAL.prepare(document, BesideKeyword(keyword="Seal", occurrence="first"))
    (stamp,) = prepared.stamps
    assert isinstance(stamp, StampPosition)
    assert stamp.top_mm > 90
    with pytest.raises(KeywordNotFoundProblem, match="found it 1 times"):
        SEAL.prepare(document, BesideKeyword(keyword="Seal", occurrence=2))


def test_an_empty_keyword_is_nowhere() -> None:
    with pytest.raises(KeywordNotFoundProblem, match="found it 0 times"):
        SEAL.prepare(one_page(words((100, 700, "Seal"))), BesideKeyword(keyword=""))


def test_a_keyword_that_is_everywhere_has_no_last() -> None:
    line = f"({'a' * 1100}) Tj"
    document = one_page(f"BT /F 0.1 Tf 1 0 0 1 10 700 Tm {line * 10} ET")
    with pytest.raises(PlacementProblem, match="more than 10000 times"):
        SEAL.prepare(document, BesideKeyword(keyword="a", occurrence="last"))
    assert SEAL.prepare(document, BesideKeyword(keyword="a", occurrence=500)).stamps


def test_a_document_that_two_readers_count_differently_is_refused() -> None:
    document = three_pages(words((100, 700, "Seal")))
    with (
        DocumentText(document, pages=2) as texts,
        pytest.raises(DamagedDocumentProblem, match="2 pages and another 3"),
    ):
        texts.page(0)


@pytest.mark.parametrize("placement", [None, Invisible()])
def test_without_a_placement_there_is_nothing_to_see(placement: Invisible | None) -> None:
    document = receipt("plain-a4-traditional-620")
    sealed = SEAL.seal(document, placement)
    assert SEAL.prepare(document, placement).stamps == ()
    assert_sealed(sealed)
    assert rendered(sealed).tobytes() == rendered(document).tobytes()


def test_a_seal_without_a_stamp_signs_invisibly_whatever_the_placement() -> None:
    bare: SoftSeal = soft_seal(stamp=None)
    document = receipt("plain-a4-traditional-620")
    sealed = bare.seal(document, OnPage(page=1, left_mm=1, top_mm=1))
    assert_sealed(sealed)
    assert rendered(sealed).tobytes() == rendered(document).tobytes()
