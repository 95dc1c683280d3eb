"""Only what is seen counts, in the order in which it is read, however the file is made."""

import pytest

from tests.receipts.paper import Run, full_width, paper, split
from tests.unit.documents.content.asked import content_of
from tests.unit.documents.drafts import A4, one_page, stream

SUM = Run("¥1,280.00", 50, 60)
OTHER = "¥9,280.00"


def amounts(document: bytes) -> tuple[int, ...] | None:
    content = content_of(document, "amounts")
    return content.amounts if "amounts" in content.asked else None


@pytest.mark.parametrize(
    "unseen",
    [
        paper([SUM, Run(OTHER, 50, 80, grey=1.0)]),
        paper([SUM, Run(OTHER, 50, 80, mode=3)]),
        paper([SUM, Run(OTHER, 50, 80, layer=True)]),
        paper([SUM, Run(OTHER, 250, 60)]),
        paper([SUM, Run(OTHER, 50, 80)], after="1 g 100 600 300 40 re f"),
        paper([SUM, Run(OTHER, 50, 80, grey=0.5)], before="0.5 g 100 600 300 40 re f"),
        paper([Run(OTHER, 50, 60, grey=1.0), Run("¥1,280.00", 50, 80)]),
    ],
    ids=["white", "invisible", "layer", "off-page", "covered", "grey-on-grey", "white-first"],
)
def test_a_sum_that_nobody_sees_is_none(unseen: bytes) -> None:
    assert amounts(unseen) == (128000,)


@pytest.mark.parametrize(
    "seen",
    [
        paper([SUM]),
        paper(split(SUM)),
        paper(list(reversed(split(SUM)))),
        paper([Run(",280.00", 50 + 2 * 25.4 / 7.2, 60), Run("¥1", 50, 60)]),
        paper([Run(full_width("¥1,280.00"), 50, 60)]),
        paper([Run("¥1,280.00", 50, 60, points=5)]),
        paper([Run("¥1,280.00", 50, 60, quarters=1)]),
        paper([Run("¥1,280.00", 150, 60, quarters=2)]),
        paper([Run("¥1,280.00", 50, 60, quarters=3)], rotate=90),
        paper([SUM, Run("¥1,280.00", 50.1, 60)]),
        paper([SUM], before="0.9 g 100 650 300 60 re f"),
        paper([Run("¥1,280.00", 50, 60, grey=1.0)], before="0 g 100 600 300 120 re f"),
    ],
    ids=[
        "plain",
        "split",
        "split-backwards",
        "end-first",
        "full-width",
        "small",
        "turned",
        "upside-down",
        "turned-page",
        "bold-by-twice",
        "on-grey",
        "white-on-black",
    ],
)
def test_a_sum_that_people_see_is_found(seen: bytes) -> None:
    assert amounts(seen) == (128000,)


def test_a_digit_that_the_file_draws_elsewhere_stands_where_people_see_it() -> None:
    step = 25.4 / 7.2
    digits = [Run("¥", 50, 60), Run("1,280.00", 50 + 2 * step, 60), Run("备注", 20, 90)]
    assert content_of(paper([*digits, Run("9", 50 + step, 60)]), "text").text == "¥91,280.00备注"
    assert amounts(paper([*digits, Run("9", 50 + step, 60)])) == (9128000,)


def test_of_two_sums_upon_one_another_neither_is_believed() -> None:
    assert amounts(paper([SUM, Run(OTHER, 50, 60, grey=1.0)])) is None
    assert amounts(paper([Run(OTHER, 50, 60, grey=1.0), SUM])) is None


def test_a_watermark_over_a_sum_does_not_hide_it() -> None:
    assert amounts(paper([Run("样本", 40, 50, points=80, grey=0.6), SUM])) == (128000,)


def test_what_a_watermark_covers_is_not_seen() -> None:
    assert amounts(paper([SUM, Run("样本", 40, 50, points=80, grey=0.6)])) != (128000,)


def test_capitals_that_are_broken_at_the_end_of_a_line_are_one_sum() -> None:
    lines = [Run("大写:壹仟贰佰", 20, 60), Run("捌拾元整", 20, 65), SUM]
    assert amounts(paper(lines)) == (128000,)


def test_a_name_that_is_broken_in_a_cell_is_found_beside_another_column() -> None:
    table = [
        Run("发货单位", 20, 50),
        Run("晨曦纸业有限公司", 45, 50),
        Run("收货单位", 110, 50),
        Run("东海物流有", 135, 50),
        Run("地址", 20, 55),
        Run("限公司", 135, 55),
    ]
    content = content_of(
        paper(table), "parties", parties=("东海物流有限公司", "新东海物流有限公司")
    )
    assert content.parties == ("东海物流有限公司",)


def test_the_text_is_read_line_by_line_without_the_spaces_of_typesetters() -> None:
    lines = [Run("共2页", 20, 65), Run("此", 20, 60), Run("处", 30, 60), Run("作废", 40, 60)]
    assert content_of(paper(lines), "text").text == "此处作废共2页"


def test_what_a_form_field_and_a_note_show_is_read_with_the_page() -> None:
    shown = stream(b"BT /F 12 Tf 2 5 Td (CNY 9280.00) Tj ET", _FORM)
    field = "<</Type/Annot/Subtype/Widget/FT/Tx/T(a)/V(x)/Rect[100 600 300 620]/AP<</N 7 0 R>>>>"
    document = one_page(
        "BT /F 12 Tf 100 700 Td (CNY 1280.00) Tj ET",
        page=f"{A4}/Annots[6 0 R]",
        catalog="<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]>>>>",
        more={6: field, 7: shown},
    )
    assert amounts(document) == (128000, 928000)


@pytest.mark.parametrize(
    "entries", ["/Subtype/Widget/FT/Tx/T(a)/V(CNY 9280.00)", "/Subtype/FreeText/Contents(CNY 9280)"]
)
def test_what_a_field_shows_only_in_some_readers_leaves_no_answer(entries: str) -> None:
    document = one_page(
        "BT /F 12 Tf 100 700 Td (CNY 1280.00) Tj ET",
        page=f"{A4}/Annots[6 0 R]",
        catalog="<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]>>>>",
        more={6: f"<</Type/Annot/Rect[100 600 300 620]{entries}>>"},
    )
    assert amounts(document) is None


_FORM = "/Type/XObject/Subtype/Form/BBox[0 0 200 20]/Resources<</Font<</F 4 0 R>>>>"
