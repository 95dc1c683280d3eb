"""骑缝章: one seal over all pages, cut true to the millimetre, under one signature."""

import io

import pikepdf
import pytest
from PIL import Image, ImageChops

from gateway.documents.errors import (
    CertifiedDocumentProblem,
    OffPageProblem,
    PageOutOfRangeProblem,
)
from gateway.documents.model import StampOmitted
from gateway.seals.model import Picture
from policies.model import AcrossPages, Edge, Invisible, OnPage, OnPages, Placement, Several
from policies.objects.seals import RoundStamp
from tests.document_fixtures import assert_sealed, ink_box, rendered, soft_seal
from tests.unit.documents.drafts import A4, many_pages
from tests.unit.documents.looking import (
    UNITS_PER_MM,
    assert_differs_only_inside,
    cut_out,
    stamps_of,
)

SEAL = soft_seal()
ROUND = soft_seal(stamp=RoundStamp(name="东海物流（华东）有限公司", purpose="合同专用章"))
RIGHT = AcrossPages(edge="right")
CORNER = OnPage(page="last", left_mm=20, top_mm=30)
TEXT = "".join(
    f"BT /F 11 Tf 1 0 0 1 60 {790 - 18 * line} Tm (This is line {line} of the contract.) Tj ET "
    for line in range(40)
)
A4_MM = "/MediaBox[0 0 595.2756 841.8898]"
ODD = (
    A4,
    "/MediaBox[0 0 842 1191]",
    f"{A4}/Rotate 90",
    f"{A4}/Rotate 180",
    f"{A4}/Rotate 270/CropBox[30 40 500 800]",
    "/MediaBox[-100 50 495 892]",
    "/MediaBox[595 842 0 0]/CropBox[-50 30 580 2000]",
    "/MediaBox[0 0 700 300]",
)


@pytest.mark.parametrize("count", [2, 25, 300])
def test_every_page_gets_its_slice_and_nothing_else_changes(count: int) -> None:
    document = many_pages([A4_MM] * count, TEXT)
    prepared = ROUND.prepare(document, RIGHT)
    stamps = stamps_of(prepared)
    assert [stamp.page for stamp in stamps] == list(range(1, count + 1))
    assert all(stamp.width_mm == pytest.approx(40 / count) for stamp in stamps)
    sealed = ROUND.seal(document, RIGHT)
    assert_sealed(sealed)
    if count < 300:
        assert_differs_only_inside(document, sealed, stamps)


def test_three_hundred_slices_take_little_room() -> None:
    document = many_pages([A4] * 300)
    one = len(ROUND.prepare(document, OnPage(page=1, left_mm=1, top_mm=1)).update)
    assert len(ROUND.prepare(document, RIGHT).update) - one < 300 * 1000


def test_a_picture_with_a_white_margin_leaves_no_page_without_ink() -> None:
    drawn = Image.new("RGB", (240, 240), "white")
    drawn.paste((255, 0, 0), (20, 20, 220, 220))
    data = io.BytesIO()
    drawn.save(data, "PNG")
    seal = soft_seal(stamp=Picture(kind="png", data=data.getvalue(), width_mm=40))
    sealed = seal.seal(many_pages([A4] * 25), RIGHT)
    for page in range(1, 26):
        left, top, right, bottom = ink_box(rendered(sealed, page=page), "red")
        assert right - left == pytest.approx(40 / 25 * UNITS_PER_MM, abs=1)
        assert bottom - top == pytest.approx(40 * UNITS_PER_MM, abs=1)


@pytest.mark.parametrize("edge", ["right", "left", "top", "bottom"])
def test_the_slices_put_together_are_the_stamp(edge: Edge) -> None:
    scale = 25.4 / 72 * 10  # ten pixels a millimetre
    page = "/MediaBox[0 0 566.9291 566.9291]"  # 200 mm
    document = many_pages([page] * 4)
    placement = AcrossPages(edge=edge)
    sealed = ROUND.seal(document, placement)
    stamps = sorted(
        stamps_of(ROUND.prepare(document, placement)),
        key=lambda stamp: stamp.part.start if stamp.part else 0,
    )
    together = Image.new("RGB", (400, 400), "white")
    for number, stamp in enumerate(stamps):
        corner = (100 * number, 0) if edge in ("right", "left") else (0, 100 * number)
        together.paste(cut_out(sealed, stamp, scale=scale), corner)
    whole = OnPage(page=1, left_mm=80, top_mm=80)
    (place,) = stamps_of(ROUND.prepare(document, whole))
    wanted = cut_out(ROUND.seal(document, whole), place, scale=scale)
    # Where it was cut, two half covered pixels stand for one; the rest is the same.
    different = ImageChops.difference(together, wanted).convert("L").point(lambda v: 255 * (v > 90))
    assert sum(map(bool, different.tobytes())) < 0.002 * 400 * 400


@pytest.mark.parametrize(
    ("edge", "order"), [("right", 1), ("bottom", 1), ("left", -1), ("top", -1)]
)
def test_the_first_page_has_the_part_that_a_fan_of_sheets_would_show(
    edge: Edge, order: int
) -> None:
    stamps = stamps_of(SEAL.prepare(many_pages([A4] * 3), AcrossPages(edge=edge)))
    starts = [stamp.part.start for stamp in stamps if stamp.part]
    assert starts[::order] == sorted(starts)


def test_odd_pages_have_true_millimetres_on_the_edge_that_a_reader_sees() -> None:
    document = many_pages(ODD, TEXT)
    prepared = SEAL.prepare(document, RIGHT)
    sealed = SEAL.seal(document, RIGHT)
    assert_sealed(sealed)
    stamps = stamps_of(prepared)
    assert_differs_only_inside(document, sealed, stamps, scale=4)
    for stamp in stamps:
        picture = rendered(sealed, page=stamp.page, scale=4)
        left, top, right, bottom = ink_box(picture, "red", scale=4)
        assert right == pytest.approx(picture.width / 4, abs=0.5)
        assert right - left == pytest.approx(10 / len(ODD) * UNITS_PER_MM, abs=0.5)
        assert bottom - top == pytest.approx(10 * UNITS_PER_MM, abs=0.5)
        assert (top + bottom) / 2 == pytest.approx(picture.height / 8, abs=0.5)


def test_a_user_unit_changes_units_and_not_millimetres() -> None:
    document = many_pages([A4, f"{A4}/UserUnit 2"])
    sealed = SEAL.seal(document, RIGHT)
    left, top, right, bottom = ink_box(rendered(sealed, page=2, scale=4), "red", scale=4)
    assert right - left == pytest.approx(5 * UNITS_PER_MM / 2, abs=0.5)
    assert bottom - top == pytest.approx(10 * UNITS_PER_MM / 2, abs=0.5)


def test_on_one_page_the_signature_stands_and_the_list_says_why_there_is_no_stamp() -> None:
    document = many_pages([A4], TEXT)
    (told,) = SEAL.prepare(document, RIGHT).stamps
    assert isinstance(told, StampOmitted)
    sealed = SEAL.seal(document, RIGHT)
    assert_sealed(sealed)
    assert rendered(sealed).tobytes() == rendered(document).tobytes()


def test_the_other_stamps_of_a_list_stay_when_there_is_nothing_to_cross() -> None:
    document = many_pages([A4], TEXT)
    placement = Several(placements=(RIGHT, CORNER))
    prepared = SEAL.prepare(document, placement)
    assert [type(each).__name__ for each in prepared.stamps] == ["StampPosition", "StampOmitted"]
    sealed = SEAL.seal(document, placement)
    assert_sealed(sealed)
    assert_differs_only_inside(document, sealed, stamps_of(prepared))


@pytest.mark.parametrize(
    ("placement", "pages"),
    [
        (AcrossPages(edge="right", pages="odd"), [1, 3, 5]),
        (AcrossPages(edge="right", pages="2-last"), [2, 3, 4, 5]),
        (OnPages(pages="1,last", left_mm=10, top_mm=10), [1, 5]),
        (Several(placements=(RIGHT, CORNER)), [1, 2, 3, 4, 5, 5]),
        (
            Several(placements=(CORNER, OnPages(pages="even", left_mm=1, top_mm=1))),
            [5, 2, 4],
        ),
    ],
)
def test_pages_are_chosen_and_one_signature_covers_all_stamps(
    placement: Placement, pages: list[int]
) -> None:
    document = many_pages([A4] * 5, TEXT)
    stamps = stamps_of(SEAL.prepare(document, placement))
    assert [stamp.page for stamp in stamps] == pages
    sealed = SEAL.seal(document, placement)
    assert_sealed(sealed)
    assert_differs_only_inside(document, sealed, stamps)


def test_on_paper_printed_on_both_sides_the_edge_alternates() -> None:
    document = many_pages([A4] * 4)
    stamps = stamps_of(SEAL.prepare(document, AcrossPages(edge="right", alternate=True)))
    lefts = [round(stamp.left_mm, 1) for stamp in stamps]
    assert lefts == [207.4, 0.0, 207.4, 0.0]
    assert [stamp.part.start for stamp in stamps if stamp.part] == [0, 0.25, 0.5, 0.75]


def test_more_pages_than_a_seal_may_have_get_several_seals() -> None:
    document = many_pages([A4] * 25)
    placement = AcrossPages(edge="right", max_pages_per_seal=10)
    stamps = stamps_of(SEAL.prepare(document, placement))
    assert [stamp.part.start for stamp in stamps if stamp.part].count(0) == 3
    assert {round(10 / stamp.width_mm) for stamp in stamps} == {8, 9}
    assert_sealed(SEAL.seal(document, placement))


def test_a_page_too_small_for_the_slice_is_named() -> None:
    document = many_pages([A4, "/MediaBox[0 0 200 20]"])
    with pytest.raises(OffPageProblem, match=r"leaves page 2, which is 70\.6 x 7\.1 mm"):
        SEAL.prepare(document, RIGHT)


@pytest.mark.parametrize(
    ("pages", "told"), [("1-9", "no page 9"), ("4", "no page 4"), ("even", "none of those")]
)
def test_pages_that_do_not_exist_are_refused(pages: str, told: str) -> None:
    document = many_pages([A4] * (1 if pages == "even" else 3))
    with pytest.raises(PageOutOfRangeProblem, match=told):
        SEAL.prepare(document, OnPages(pages=pages, left_mm=1, top_mm=1))


def test_further_stamps_are_locked_annotations_that_name_the_record() -> None:
    sealed = SEAL.seal(many_pages([A4] * 3), Several(placements=(CORNER, RIGHT)))
    with pikepdf.open(io.BytesIO(sealed)) as pdf:
        (field,) = pdf.Root.AcroForm.Fields
        assert "/Kids" not in field
        stamps = [
            annotation
            for page in pdf.pages
            for annotation in page.Annots
            if annotation.Subtype == "/Stamp"
        ]
        assert len(stamps) == 3
        for number, stamp in enumerate(stamps, start=2):
            assert stamp.F == 4 + 64 + 128 + 512
            assert str(stamp.NM) == f"Sealgate-D1-{number}"
            assert str(stamp.Contents) == f"Sealgate record D1, stamp {number} of 4"
        drawings = {stamp.AP.N.Resources.XObject.Stamp.objgen for stamp in stamps}
        assert len(drawings) == 1


def test_the_same_preparation_gives_the_same_update() -> None:
    document = many_pages([A4] * 3)
    placement = Several(placements=(RIGHT, CORNER))
    assert SEAL.prepare(document, placement) == SEAL.prepare(document, placement)


def test_a_sealed_document_takes_another_signature() -> None:
    once = SEAL.seal(many_pages([A4] * 3), Several(placements=(RIGHT, CORNER)))
    other = OnPage(page=1, left_mm=90, top_mm=90)
    assert_sealed(SEAL.seal(once, other, document_id="D2"), signatures=2)


def test_several_stamps_would_break_an_earlier_signature_and_what_may_be_possible_is_told() -> None:
    once = SEAL.seal(many_pages([A4] * 3), Invisible())
    with pytest.raises(CertifiedDocumentProblem, match=r"a single stamp instead of several"):
        SEAL.seal(once, RIGHT, document_id="D2")
