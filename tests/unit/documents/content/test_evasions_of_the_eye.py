"""Texts made to be read by machines and not by people, or by people and not by machines."""

import pytest

from policies.model import ContentFacts
from tests.receipts.paper import Run, paper
from tests.unit.documents.content.asked import content_of
from tests.unit.documents.drafts import A4, one_page, stream

PAYEE = "东海物流有限公司"
SHOWN = [Run("¥9,280.00", 50, 60), Run(f"新{PAYEE}", 50, 80)]
TRUE = "BT /F 12 Tf 100 600 Td (CNY 1280.00) Tj ET"
OTHER = "BT /F 12 Tf 100 700 Td (CNY 9280.00) Tj ET"
BOTH = {128000, 928000}


def told(document: bytes) -> ContentFacts:
    return content_of(document, "amounts", "parties", parties=(PAYEE,))


@pytest.mark.parametrize(
    "unseen",
    [
        Run(PAYEE, 50, 100, points=0.2),
        Run(PAYEE, 50, 100, grey=0.97),
        Run(PAYEE, 50 + 25.4 / 7.2, 82.5, mode=3),
        Run(PAYEE, 50 + 25.4 / 7.2, 82.4, grey=1.0),
        Run(PAYEE, 30, 72, points=24, mode=3),
        Run(PAYEE, 30, 72, points=24, grey=1.0, mode=3),
    ],
    ids=["dust", "almost-white", "in-the-ink-below", "white-above-ink", "large", "large-white"],
)
def test_a_name_that_borrows_the_ink_of_others_is_not_seen(unseen: Run) -> None:
    for runs in ([*SHOWN, unseen], [unseen, *SHOWN]):
        content = told(paper(runs))
        assert content.parties == ()
        if "amounts" in content.asked:
            assert content.amounts == (928000,)


@pytest.mark.parametrize(
    "doubtful",
    [
        Run(PAYEE, 50, 100, points=1),
        Run(PAYEE, 50, 100, points=2.5),
        Run(PAYEE, 50, 100, grey=0.85),
        Run(PAYEE, 50 + 25.4 / 7.2, 81.5, mode=3),
        Run(PAYEE, 50 + 25.4 / 7.2, 80, grey=1.0),
    ],
    ids=["one-point", "micro-print", "faint", "half-a-line-below", "upon-another"],
)
def test_a_name_that_people_hardly_see_leaves_no_answer(doubtful: Run) -> None:
    assert told(paper([*SHOWN, doubtful])).asked == frozenset()


@pytest.mark.parametrize("millimetres", [0.0, 0.1, 0.3, 0.6])
def test_a_point_without_ink_beside_a_digit_makes_no_cents(millimetres: float) -> None:
    step = 10 * 25.4 / 72
    for unseen in ({"mode": 3}, {"grey": 1.0}):
        point = Run(".", 50 + 3 * step - millimetres - 2, 60, points=6, **unseen)
        assert told(paper([Run("¥1280", 50, 60), point])).amounts in ((128000,), ())


def test_many_large_letters_without_ink_cannot_borrow_that_of_a_table() -> None:
    table = [Run("号" * 30, 20, 55 + 4 * row) for row in range(10)]
    assert told(paper([*table, Run(PAYEE, 20, 60, points=24, mode=3)])).parties == ()


@pytest.mark.parametrize(
    "content",
    [
        f"0 0.51 0 rg 90 690 200 30 re f 1 0 0 rg {OTHER} 0 g {TRUE}",
        f"0 0 1 rg 90 690 200 30 re f 0.43 0 0 rg {OTHER} 0 g {TRUE}",
        f"1 0.345 0 rg 90 690 200 30 re f 0.5 g {OTHER} 0 g {TRUE}",
        f"1 1 0 rg {OTHER} 0 g {TRUE}",
        f"0 1 1 rg {OTHER} 0 g {TRUE}",
    ],
    ids=["red-on-green", "red-on-blue", "grey-on-orange", "yellow", "cyan"],
)
def test_a_sum_in_a_colour_as_bright_as_the_paper_is_seen(content: str) -> None:
    assert set(told(one_page(content)).amounts) == BOTH


@pytest.mark.parametrize("mode", [4, 5, 6, 7])
def test_a_sum_that_is_a_hole_in_a_drawing_leaves_no_answer(mode: int) -> None:
    hole = f"q {mode} Tr {OTHER} 0 g 90 690 200 30 re f Q {TRUE}"
    assert told(one_page(hole)).asked == frozenset()


def test_text_that_says_in_a_second_place_what_it_means_leaves_no_answer() -> None:
    lie = f"/Span <</ActualText(CNY 1280.00)>> BDC {OTHER} EMC"
    assert told(one_page(lie)).asked == frozenset()


@pytest.mark.parametrize("depth", [1, 2, 13, 14, 15, 16, 30])
def test_a_sum_in_forms_within_forms_is_found_or_leaves_no_answer(depth: int) -> None:
    content = told(_nested(depth))
    assert set(content.amounts) == BOTH or content.asked == frozenset()
    assert (content.asked == frozenset()) == (depth > 14)


@pytest.mark.parametrize("kind", ["Stamp", "FreeText", "Square", "Watermark", "Ink", "Line"])
@pytest.mark.parametrize("flags", [0, 4, 32])
def test_a_sum_under_an_annotation_with_another_is_not_believed(kind: str, flags: int) -> None:
    over = stream(b"1 g 0 0 200 20 re f 0 g BT /F 12 Tf 2 5 Td (CNY 9280.00) Tj ET", _FORM)
    document = one_page(
        "BT /F 12 Tf 100 700 Td (CNY 1280.00) Tj ET",
        page=f"{A4}/Annots[6 0 R]",
        more={
            6: f"<</Type/Annot/Subtype/{kind}/F {flags}/Rect[100 695 300 715]/AP<</N 7 0 R>>>>",
            7: over,
        },
    )
    content = told(document)
    assert content.asked == frozenset() or content.amounts != (128000,)


@pytest.mark.parametrize(
    "entries",
    [
        "/Subtype/Square/F 4/IC[1 1 1]",
        "/Subtype/Line/F 4/L[100 700 300 700]/BS<</W 20>>/C[1 1 1]",
        "/Subtype/Stamp/Name/NotApproved/F 4",
    ],
)
def test_an_annotation_that_each_reader_draws_for_itself_leaves_no_answer(entries: str) -> None:
    document = one_page(
        "BT /F 12 Tf 100 700 Td (CNY 1280.00) Tj ET",
        page=f"{A4}/Annots[6 0 R]",
        more={6: f"<</Type/Annot/Rect[100 695 300 715]{entries}>>"},
    )
    assert told(document).asked == frozenset()


def _nested(depth: int) -> bytes:
    """A sum on the page, and another in a form within as many forms."""
    first = 10
    forms = {
        first + index: stream(
            OTHER.encode() if index == depth - 1 else b"/X Do",
            f"{_FORM_PAGE}/Resources<</Font<</F 4 0 R>>/XObject<</X {first + index + 1} 0 R>>>>",
        )
        for index in range(depth)
    }
    forms[first + depth] = stream(b"", _FORM_PAGE)
    page = (
        f"<</Type/Page/Parent 2 0 R{A4}/Contents 5 0 R"
        f"/Resources<</Font<</F 4 0 R>>/XObject<</X {first} 0 R>>>>>>"
    )
    return one_page(f"/X Do {TRUE}", more={3: page, **forms})


_FORM = "/Type/XObject/Subtype/Form/BBox[0 0 200 20]/Resources<</Font<</F 4 0 R>>>>"
_FORM_PAGE = "/Type/XObject/Subtype/Form/BBox[0 0 595 842]"
