"""Patterns for names mean what they mean to Python's `re`, and take no time that grows wildly."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.declarations.name_patterns import NamePattern, NamePatternError

_items = st.sampled_from(
    ["a", "b", "-", ".", r"\.", r"\d", "[ab]", "[^a]", "[0-9]", "回", r"[\-b]", r"\w"]
)
_times = st.sampled_from(["", "", "?", "*", "+", "{2}", "{1,3}", "{1,}", "{0,2}"])
_row = st.lists(st.tuples(_items, _times).map("".join), max_size=4).map("".join)


@st.composite
def _patterns(draw: st.DrawFn) -> str:
    parts = draw(st.lists(st.tuples(st.booleans(), _row), max_size=4))
    return "".join(
        f"(?P<g{number}>{row})" if named else row for number, (named, row) in enumerate(parts)
    )


@given(_patterns(), st.text(alphabet="ab-.01回\n", max_size=12))
def test_what_it_matches_and_takes_is_what_re_does(pattern: str, name: str) -> None:
    theirs = re.fullmatch(pattern, name)
    assert NamePattern(pattern).match(name) == (theirs and theirs.groupdict())


@given(_patterns(), st.text(alphabet="ab-.01回", max_size=12))
def test_what_it_finds_in_a_text_is_what_re_finds_first(pattern: str, text: str) -> None:
    theirs = re.search(pattern, text)
    assert NamePattern(pattern).search(text) == (theirs and theirs.groupdict())


@given(st.text(alphabet="ab()[]{}?*+\\|^$<>P:=!,0123d-", max_size=12))
def test_what_is_read_is_a_pattern_to_re_too(pattern: str) -> None:
    try:
        NamePattern(pattern)
    except NamePatternError:
        return
    else:
        re.compile(pattern)


@pytest.mark.parametrize("pattern", ["(a|b)", "(?=a)", "a**", "(?P<a>(?P<b>x))", "(?P<a>x)+", "^a"])
def test_what_is_no_part_of_it_is_refused_with_a_cure(pattern: str) -> None:
    with pytest.raises(NamePatternError) as caught:
        NamePattern(pattern)
    assert "(?P<number>WB-[0-9]+)" in caught.value.cure


def test_a_pattern_that_keeps_re_busy_for_hours_is_answered_at_once() -> None:
    began = time.process_time()
    assert NamePattern(".*.*.*.*.*.*.*.*x").match("a" * 2000) is None
    assert time.process_time() - began < 2
