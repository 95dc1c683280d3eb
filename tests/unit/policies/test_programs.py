"""Forbids that are asked together say what they say one by one."""

from datetime import UTC, datetime

import pytest

from policies.deciding.group import Group
from policies.deciding.rules import RuleBook
from policies.engine import CELPolicyEngine
from policies.model import Caller, Denied, DocumentFacts, SealRequest
from policies.objects.rules import ForbidRule, SealPolicy
from tests.drawn_policies import bundle_of

AT = datetime(2026, 11, 22, 4, tzinfo=UTC)
FACTS = DocumentFacts(pages=3, size_bytes=1, revisions=1, signatures=0, pdf_version="1.7")
DEFAULT = {"default"}


def denied_by(*conditions: str | None) -> set[str]:
    """The rules that deny, of forbids for everybody with these conditions; rule n has the nth."""
    policy = SealPolicy(
        name="p",
        seals=("*",),
        document_types=("*",),
        time_zone="Asia/Shanghai",
        forbid=tuple(
            ForbidRule(id=f"{number:03}", when=condition)
            for number, condition in enumerate(conditions)
        ),
    )
    request = SealRequest(
        caller=Caller(system="tms", company="a"),
        seal="a",
        document_type="a",
        business_number="HD-1",
    )
    decision = CELPolicyEngine(bundle_of([policy])).decide(request, FACTS, at=AT)
    assert isinstance(decision, Denied)
    return {reason.rule for reason in decision.reasons}


def test_each_forbid_that_applies_is_told_and_no_other() -> None:
    conditions = ["doc.pages > 5"] * 40
    assert denied_by(*conditions) == DEFAULT
    for place in (0, 3, 4, 15, 16, 39):
        some = list(conditions)
        some[place] = "doc.pages == 3"
        assert denied_by(*some) == {f"p/{place:03}"}
    assert denied_by(None, *conditions) == {"p/000"}


@pytest.mark.parametrize(
    ("conditions", "denying"),
    [
        pytest.param(("1 / 0 == 1", "false"), {"p/000"}, id="an error among what is false"),
        pytest.param(("1 / 0 == 1", "true"), {"p/000", "p/001"}, id="an error beside a true"),
        pytest.param(("dyn(1)", "false"), {"p/000"}, id="a number is no no"),
        pytest.param(("false // it ends here", "true"), {"p/001"}, id="a comment at the end"),
        pytest.param(('seal.id == ") || ("', "false"), DEFAULT, id="brackets in a text"),
        pytest.param(("false ? true : false", "true"), {"p/001"}, id="a choice"),
        pytest.param(("doc.text == ''", "false"), {"p/000"}, id="what nobody looked for"),
        pytest.param(("used.seal_day > 1", "false"), {"p/000"}, id="what nobody counted"),
    ],
)
def test_joining_changes_no_answer(conditions: tuple[str, ...], denying: set[str]) -> None:
    assert denied_by(*conditions) == denying
    apart = {
        f"p/{number:03}" for number, text in enumerate(conditions) if denied_by(text) != DEFAULT
    }
    assert (apart or DEFAULT) == denying


def test_what_is_too_deep_when_joined_is_asked_one_by_one() -> None:
    deep = "(" * 29 + "doc.pages > 5" + ")" * 29
    assert denied_by(deep, "false", deep.replace("5", "2")) == {"p/002"}


def test_a_dozen_forbids_are_one_question() -> None:
    policy = SealPolicy(
        name="p",
        seals=("*",),
        document_types=("*",),
        time_zone="Asia/Shanghai",
        forbid=tuple(ForbidRule(id=str(number), when="doc.pages > 5") for number in range(12)),
    )
    bundle = bundle_of([policy])
    (program,) = RuleBook(bundle.policies, seals=bundle.seals, group=Group({})).programs
    assert len(program.rules) == 12
