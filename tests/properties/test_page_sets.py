"""Sets of pages: written, read, and chosen from a document."""

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from policies.page_set import MOST_PAGES, NoSuchPageError, PageRange, PageSet, PageSetError


@st.composite
def ranges(draw: st.DrawFn, most: int) -> PageRange:
    first = draw(st.integers(1, most) | st.just("last"))
    if first == "last":
        return PageRange("last", "last")
    last = draw(st.integers(first, most) | st.just("last"))
    return PageRange(first, last)


def sets(most: int) -> st.SearchStrategy[PageSet]:
    parts = ranges(most) | st.sampled_from(["all", "odd", "even"])
    return st.lists(parts, min_size=1, max_size=8).map(lambda parts: PageSet(tuple(parts)))


@given(sets(MOST_PAGES))
def test_what_is_printed_is_read_as_the_same_set(pages: PageSet) -> None:
    assert PageSet.parse(str(pages)) == pages


@given(sets(20), st.integers(15, 400))
def test_pages_are_chosen_once_in_order_and_exist(pages: PageSet, count: int) -> None:
    try:
        chosen = pages.numbers(count)
    except NoSuchPageError:
        reject()  # told by name, see below
    assert list(chosen) == sorted(set(chosen))
    assert all(1 <= number <= count for number in chosen)


@given(st.text(max_size=20))
def test_any_text_is_a_set_or_refused(text: str) -> None:
    try:
        pages = PageSet.parse(text)
    except PageSetError:
        return
    assert PageSet.parse(str(pages)) == pages


@given(st.integers(1, 400))
def test_odd_and_even_are_all(count: int) -> None:
    assert PageSet.parse("odd,even").numbers(count) == PageSet.parse("all").numbers(count)


@pytest.mark.parametrize(
    ("text", "count", "expected"),
    [
        ("1-3,5,last", 9, (1, 2, 3, 5, 9)),
        ("last,1,1-2", 4, (1, 2, 4)),
        (" 1 - 2 ，Last ", 4, (1, 2, 4)),
        ("even", 1, ()),
        ("2-last", 1, ()),
        ("2-last", 3, (2, 3)),
        ("last", 1, (1,)),
    ],
)
def test_pages_are_chosen(text: str, count: int, expected: tuple[int, ...]) -> None:
    assert PageSet.parse(text).numbers(count) == expected


@pytest.mark.parametrize("text", ["4", "1-4", "odd,4"])
def test_a_page_that_is_named_by_number_must_exist(text: str) -> None:
    with pytest.raises(NoSuchPageError) as caught:
        PageSet.parse(text).numbers(3)
    assert caught.value.number == 4


@pytest.mark.parametrize(
    "text", ["", ",", "1,", "1-", "-1", "0", "3-1", "last-2", "1-2-3", "x", "1.5", "100001", "²x"]
)
def test_what_is_no_set_of_pages_is_refused(text: str) -> None:
    with pytest.raises(PageSetError):
        PageSet.parse(text)
