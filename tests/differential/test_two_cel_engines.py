"""A condition means what CEL says, and not what one engine makes of it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.conditions.cel import CELConditions
from policies.errors import ConditionError
from tests.differential import rust_conditions
from tests.drawn_policies import CONDITIONS

VARIABLES = {
    "caller.system": "tms",
    "caller.person": "",
    "caller.roles": ["a", "dispatcher"],
    "caller.posts": [],
    "seal.id": "receipt-east",
    "seal.type": "回单章",
    "seal.line": "",
    "seal.certificate_days": 30,
    "doc.pages": 2,
    "doc.signatures": 0,
    "doc.attributes": {"amount": 2, "name": "收货单位"},
    "doc.findings": ["javascript"],
    "doc.amounts": [1, 2],
    "doc.template": "t@1",
    "used.seal_day": 3,
    "used.line_hour": 0,
    "now": datetime(2026, 11, 22, 4, tzinfo=UTC),
}


def first_answer(condition: str) -> bool | None:
    try:
        return CELConditions([condition]).situation(VARIABLES).holds(condition)
    except ConditionError:
        return None


numbers = st.recursive(
    st.sampled_from(
        (
            *("0", "1", "2", "-1"),
            *("doc.pages", "doc.signatures", "doc.attributes.amount", "used.seal_day"),
            *("size(doc.findings)", 'now.getHours("Asia/Shanghai")', "seal.certificate_days"),
        )
    ),
    lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from("+-*/%"), inner),
    max_leaves=3,
)
texts = st.sampled_from(
    ("caller.system", "seal.type", "doc.attributes.name", '"tms"', '"回单章"', '"a"', '""')
)
lists = st.sampled_from(("caller.roles", "doc.findings", "caller.posts", '["a", "tms"]'))
simple = st.one_of(
    st.builds("{} {} {}".format, numbers, st.sampled_from(("<", "<=", "==", "!=", ">")), numbers),
    st.builds("{} {} {}".format, texts, st.sampled_from(("==", "!=")), texts),
    st.builds("{} in {}".format, texts, lists),
    st.builds(
        "{}.{}({})".format,
        texts,
        st.sampled_from(("startsWith", "endsWith", "contains", "matches")),
        texts,
    ),
    st.builds("{}.{}(each, each == {})".format, lists, st.sampled_from(("exists", "all")), texts),
    st.builds("doc.amounts.exists(each, each > {})".format, numbers),
    st.sampled_from(("has(doc.attributes.amount)", "has(doc.attributes.none)", "true", "false")),
    st.sampled_from(("doc.attributes.none == 1", 'now > timestamp("2026-01-01T00:00:00Z")')),
)
drawn = st.recursive(
    simple,
    lambda inner: st.one_of(
        st.builds("({} && {})".format, inner, inner),
        st.builds("({} || {})".format, inner, inner),
        st.builds("!({})".format, inner),
        st.builds("({} ? {} : {})".format, inner, inner, inner),
    ),
    max_leaves=5,
)


@settings(max_examples=2000, deadline=None)
@given(drawn)
def test_both_engines_give_the_same_answer(condition: str) -> None:
    assert rust_conditions.SIZE_OF_TEXT.search(condition) is None
    assert rust_conditions.answer(condition, VARIABLES) is first_answer(condition)


@pytest.mark.parametrize("condition", [each for each in CONDITIONS if each is not None])
def test_both_engines_agree_about_the_conditions_of_the_properties(condition: str) -> None:
    assert rust_conditions.answer(condition, VARIABLES) is first_answer(condition)


def test_what_is_not_compared_is_the_size_of_a_text_and_they_do_differ() -> None:
    condition = "size(doc.attributes.name) == 4"
    assert rust_conditions.SIZE_OF_TEXT.search(condition)
    assert (first_answer(condition), rust_conditions.answer(condition, VARIABLES)) == (True, False)
