"""Whatever a sum is, figures and capitals that say it are read as it."""

from hypothesis import example, given
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


@given(st.text(alphabet="¥0123456789.,-元角分万亿壹拾佰零整 \t人民币(): 一三²٣", max_size=40))
def test_whatever_stands_there_there_are_sums_or_no_answer(text: str) -> None:
    try:
        found = amounts_in([folded(text)])
    except NoAnswerError:
        return
    assert len(set(found)) == len(found)
    assert all(isinstance(each, int) for each in found)
