"""Whatever a sum is, figures and capitals that say it are read as it."""

import re

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from gateway.documents.content.amounts import amounts_in
from gateway.documents.content.errors import NoAnswerError
from gateway.documents.placing.keywords import folded
from tests.receipts.capitals import in_capitals
from tests.receipts.paper import full_width


@given(st.integers(100, 10**13 - 1), st.sampled_from(["wide", "narrow"]))
@example(100005, "narrow")
@example(10_000_005_00, "wide")
@example(1_0001_0000_00, "narrow")
def test_a_sum_is_read_from_figures_and_from_capitals(cents: int, width: str) -> None:
    figures = f"¥{cents // 100:,}.{cents % 100:02}"
    shown = full_width(figures) if width == "wide" else figures
    assert amounts_in([folded(shown)]) == (cents,)
    assert amounts_in([in_capitals(cents)]) == (cents,)
    assert amounts_in([f"{folded(shown)}(大写:{in_capitals(cents)})"]) == (cents,)


_AROUND = st.text(
    alphabet="0123456789.,:;/()_~=|# \t元旦月年日号件合计第付整附RMBkgx十一三", max_size=8
)
_WORDS = st.sampled_from(
    (
        *("", "件数 3 ", "2026-11-27 ", "附件1", "序号 1\t", "(大写) 1\t", "合计:", "合计,", ".-"),
        *(
            " RMB",
            "人民币",
            "月付",
            "旦前付清",
            "元",
            "整",
            " million",
            "佰万",
            " 000",
            "千元",
            "(元)",
        ),
    )
)
_BESIDE = st.one_of(_AROUND, _WORDS, st.tuples(_WORDS, _AROUND).map("".join))


@given(
    st.integers(100, 10**11).map(lambda yuan: yuan * 100),
    st.sampled_from(
        ["¥{}.00", "RMB {}.00", "{}元", "{}元整", "{}.00元", "{} RMB", "人民币{}元", "大写"]
    ),
    _BESIDE,
    _BESIDE,
)
@example(900_000_000, "大写", "附件1", "")
@example(900_000_000, "大写", "合计(大写)\t1\t", "\t¥12.80")
@example(900_000_000, "{}元", "", "月付")
@example(900_000_000, "{}元", "运费,", "")
@example(900_000_000, "{} RMB", "", " 12.80")
def test_whatever_stands_beside_a_sum_it_is_not_left_out(
    cents: int, written: str, before: str, behind: str
) -> None:
    # 1 before 00元, or 万 behind it, makes another sum.
    assume(re.match(r"[-.,]?[0-9十一三千万角分]", behind) is None)
    assume(re.search(r"[0-9一三十][.,]?$|-$", before) is None)
    shown = in_capitals(cents) if written == "大写" else written.format(cents // 100)
    try:
        found = amounts_in([folded(f"{before}{shown}{behind}")])
    except NoAnswerError:
        return
    assert cents in found


@given(st.integers(100, 10**9), st.integers(1, 8), st.sampled_from([" ", "_", ";", "'"]))
def test_a_sum_that_is_broken_is_never_read_as_a_part_of_it(
    yuan: int, place: int, gap: str
) -> None:
    digits = str(yuan)
    place = min(place, len(digits) - 1)
    for written in ("¥{}", "{}元", "金额(元):{}"):
        with pytest.raises(NoAnswerError):
            amounts_in([folded(written.format(digits[:place] + gap + digits[place:]))])


@given(st.text(alphabet="¥0123456789.,-元角分万亿壹拾佰零整 \t人民币(): 一三²٣", max_size=40))
def test_whatever_stands_there_there_are_sums_or_no_answer(text: str) -> None:
    try:
        found = amounts_in([folded(text)])
    except NoAnswerError:
        return
    assert len(set(found)) == len(found)
    assert all(isinstance(each, int) for each in found)
