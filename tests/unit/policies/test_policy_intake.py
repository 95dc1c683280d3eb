"""Intake rules: what officers switch, and what a finding leads to."""

from collections.abc import Callable
from datetime import datetime

import pytest

from policies.bundle import Bundle
from policies.engine import CELPolicyEngine
from policies.intake import RULES, Intake, refusals
from policies.loader import load_bundle
from policies.model import Allowed, Denied, DocumentFacts, IntakeFinding, SealRequest
from strictyaml import MistakesError

SCRIPT = IntakeFinding(rule="active-content", detail="object 7 has a script")
FIELD = IntakeFinding(rule="form-fields", detail="object 9 is a field")


def with_intake(world: str, intake: str) -> str:
    marker = "metadata: {name: logistics-receipt}\nspec:\n"
    assert marker in world
    return world.replace(marker, f"{marker}  intake: {intake}\n")


def found(facts: DocumentFacts, *findings: IntakeFinding) -> DocumentFacts:
    return DocumentFacts(
        pages=facts.pages,
        size_bytes=facts.size_bytes,
        revisions=facts.revisions,
        signatures=facts.signatures,
        pdf_version=facts.pdf_version,
        findings=findings,
    )


def mistake(world: str, intake: str) -> str:
    with pytest.raises(MistakesError) as caught:
        load_bundle({"world.yaml": with_intake(world, intake)})
    (told,) = caught.value.mistakes
    assert told.file == "world.yaml"
    assert told.line > 1
    return f"{told.path}: {told.message} -> {told.cure}"


def test_every_rule_has_a_reason_and_a_cure() -> None:
    assert list(RULES) == sorted(RULES)
    for rule in RULES.values():
        assert rule.reason
        assert rule.cure
        assert not rule.reason.endswith(".")


def test_what_a_rule_refuses_is_denied_although_a_permit_applies(
    engine: CELPolicyEngine, ask: Callable[..., SealRequest], facts: DocumentFacts, noon: datetime
) -> None:
    decision = engine.decide(ask(), found(facts, SCRIPT, FIELD), at=noon)
    assert isinstance(decision, Denied)
    (reason,) = decision.reasons
    assert reason.rule == "intake/active-content"
    assert reason.message.startswith("object 7 has a script: it can change what is shown")
    assert "without scripts" in reason.message


@pytest.mark.parametrize(
    ("intake", "expected"),
    [
        ("{accept: [active-content]}", []),
        ("{accept: [active-content], refuse: [form-fields]}", ["intake/form-fields"]),
        ("{refuse: [form-fields]}", ["intake/active-content", "intake/form-fields"]),
        ("{}", ["intake/active-content"]),
    ],
)
def test_a_document_type_switches_rules(world: str, intake: str, expected: list[str]) -> None:
    bundle = load_bundle({"world.yaml": with_intake(world, intake)})
    switched = bundle.document_types["logistics-receipt"].intake
    assert [reason.rule for reason in refusals(switched, (SCRIPT, FIELD))] == expected


def test_what_cannot_be_read_is_refused_whatever_is_accepted() -> None:
    assert Intake(accept=frozenset({"encryption"})).refuses("encryption")
    assert Intake(accept=frozenset({"of-a-newer-worker"})).refuses("of-a-newer-worker")


@pytest.mark.parametrize(
    ("intake", "told"),
    [
        ("{accept: [activ-content]}", "no intake rule is called `activ-content` -> did you mean"),
        ("{refuse: [rubbish]}", "no intake rule is called `rubbish` -> there are: active-content"),
        ("{accept: [encryption]}", "`encryption` cannot be accepted"),
        ("{accept: [limits], refuse: [limits]}", "`limits` is accepted and refused"),
        ("{accept: [limits, limits]}", "`limits` stands here twice"),
        ("{allow: [limits]}", "unknown key"),
    ],
)
def test_slips_in_the_intake_are_mistakes_with_their_place(
    world: str, intake: str, told: str
) -> None:
    assert told in mistake(world, intake)


def test_conditions_may_ask_what_was_found(
    world: str, receipts: str, ask: Callable[..., SealRequest], facts: DocumentFacts, noon: datetime
) -> None:
    forbid = 'when: doc.revisions > 1 || "form-fields" in doc.findings'
    engine = CELPolicyEngine(
        load_bundle(
            {"w.yaml": world, "r.yaml": receipts.replace("when: doc.revisions > 1", forbid)}
        )
    )
    decision = engine.decide(ask(), found(facts, FIELD), at=noon)
    assert isinstance(decision, Denied)
    assert decision.reasons[0].rule == "receipts-east/no-changes-after-signature"
    assert isinstance(engine.decide(ask(), facts, at=noon), Allowed)


def _with_test(receipts: str, rule: str, findings: str) -> str:
    return receipts + (
        "  - name: a script\n"
        "    request: {system: tms, doc: {findings: [" + findings + "], "
        "attributes: {amount_cents: 100}}}\n"
        "    expect: denied\n" + rule
    )


def test_policy_tests_imagine_findings(world: str, receipts: str) -> None:
    written = _with_test(receipts, "    rule: intake/active-content\n", "active-content")
    bundle: Bundle = load_bundle({"w.yaml": world, "r.yaml": written})
    assert bundle.policies["receipts-east"].tests[-1].facts.findings[0].rule == "active-content"


@pytest.mark.parametrize(
    ("rule", "findings", "told"),
    [
        ("", "active-content", "expects denied, but it is denied by intake/active-content"),
        ("    rule: intake/rubbish\n", "active-content", "there is no rule `intake/rubbish`"),
        ("    rule: intake/limits\n", "rubbish", "no intake rule is called `rubbish`"),
    ],
)
def test_a_test_that_means_something_else_is_a_mistake(
    world: str, receipts: str, rule: str, findings: str, told: str
) -> None:
    with pytest.raises(MistakesError, match=told):
        load_bundle({"w.yaml": world, "r.yaml": _with_test(receipts, rule, findings)})


def test_no_policy_may_take_the_intakes_name(world: str, receipts: str) -> None:
    named = receipts.replace("{name: receipts-east}", "{name: intake}")
    with pytest.raises(MistakesError, match="names of the intake rules"):
        load_bundle({"w.yaml": world, "r.yaml": named})


def test_an_explanation_tells_the_finding_and_every_rule(
    engine: CELPolicyEngine, ask: Callable[..., SealRequest], facts: DocumentFacts, noon: datetime
) -> None:
    explained = engine.explain(ask(), found(facts, SCRIPT), at=noon)
    assert explained.decision.reasons[0].rule == "intake/active-content"
    assert {each.rule for each in explained.findings} >= {"receipts-east/tms-automatic"}
