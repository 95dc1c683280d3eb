"""A condition means what CEL says, and not what one engine makes of it."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.seals.in_force import read_sources
from policies.conditions.cel import CELConditions
from policies.errors import ConditionError
from policies.loader import load_bundle
from tests.differential import rust_conditions
from tests.drawn_policies import CONDITIONS
from tests.long_forms import short_or_long
from tests.receipts.policies import GROUP, RULES

ROOT: Final = Path(__file__).parents[2]

VARIABLES: Final[Mapping[str, object]] = {
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


def first_answer(condition: str, variables: Mapping[str, object] = VARIABLES) -> bool | None:
    try:
        return CELConditions([condition]).situation(dict(variables)).holds(condition)
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


@settings(max_examples=short_or_long(500, 2000))
@given(drawn)
def test_both_engines_give_the_same_answer(condition: str) -> None:
    assert rust_conditions.SIZE_OF_TEXT.search(condition) is None
    assert rust_conditions.answer(condition, VARIABLES) is first_answer(condition)


@pytest.mark.parametrize("condition", [each for each in CONDITIONS if each is not None])
def test_both_engines_agree_about_the_conditions_of_the_properties(condition: str) -> None:
    assert rust_conditions.answer(condition, VARIABLES) is first_answer(condition)


def conditions_of_the_house() -> list[str]:
    """Every condition of the examples, of a trial installation and of the guides."""
    bundles = [
        load_bundle(read_sources(ROOT / "examples" / "policies")),
        load_bundle({"guide.yaml": "\n---\n".join(_yaml_of(ROOT / "docs" / "policies.md"))}),
        load_bundle({"group.yaml": GROUP, "receipts.yaml": RULES}),
    ]
    found = {
        rule.when
        for bundle in bundles
        for policy in bundle.policies.values()
        for rule in (*policy.permit, *policy.forbid)
        if rule.when is not None
    }
    return sorted(found | set(_trial_conditions()))


def _yaml_of(guide: Path) -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", guide.read_text(encoding="utf-8"), re.DOTALL)


def _trial_conditions() -> list[str]:
    file = ROOT / "gateway" / "cli" / "trial" / "files" / "policies" / "receipts.yaml"
    return [
        rule["when"]
        for written in yaml.safe_load_all(file.read_text(encoding="utf-8"))
        for rule in (*written["spec"].get("permit", ()), *written["spec"].get("forbid", ()))
        if "when" in rule
    ]


WORLDS = [
    VARIABLES,
    {
        **VARIABLES,
        "doc.pages": 501,
        "doc.signatures": 1,
        "doc.attributes": {"amount_cents": 6_000_000, "consignee": "甲公司"},
        "doc.amounts": [6_000_000],
        "doc.parties": ["甲公司"],
        "doc.fields": {"amount": "¥60,000.00"},
        "doc.text": "收货单位 甲公司",
        "doc.pictures": 1,
        "doc.counterparty": "甲公司",
        "doc.own_seals": ["receipt-east"],
        "now": datetime(2026, 11, 22, 22, tzinfo=UTC),
    },
    {
        **VARIABLES,
        "doc.pages": 1,
        "doc.attributes": {"amount_cents": 100, "consignee": "乙公司"},
        "doc.amounts": [],
        "doc.parties": [],
        "doc.fields": {},
        "doc.template": "receipt-v1@1",
        "doc.findings": ["embedded-files"],
        "used.seal_day": 100_000,
        "seal.certificate_days": 0,
    },
]


@pytest.mark.parametrize("condition", conditions_of_the_house())
def test_both_engines_agree_about_the_conditions_that_officers_are_shown(condition: str) -> None:
    if rust_conditions.SIZE_OF_TEXT.search(condition):
        return  # see below
    for world in WORLDS:
        assert rust_conditions.answer(condition, world) is first_answer(condition, world)


def test_what_is_not_compared_is_the_size_of_a_text_and_they_do_differ() -> None:
    condition = "size(doc.attributes.name) == 4"
    assert rust_conditions.SIZE_OF_TEXT.search(condition)
    assert (first_answer(condition), rust_conditions.answer(condition, VARIABLES)) == (True, False)
