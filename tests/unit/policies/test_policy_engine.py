"""Decisions: who may, why, where and how often."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest

from policies.bundle import Bundle
from policies.engine import CELPolicyEngine
from policies.errors import NaiveMomentError
from policies.interfaces import PolicyEngine
from policies.loader import load_bundle
from policies.model import (
    Allowed,
    BesideKeyword,
    Caller,
    Charge,
    Denied,
    DocumentFacts,
    Invisible,
    NeedsApproval,
    OnPage,
    Placement,
    Reason,
    SealRequest,
    Stage,
)
from policies.objects.rules import Limits, PermitRule
from policies.objects.seals import SealState

Ask = Callable[..., SealRequest]
EngineWith = Callable[..., CELPolicyEngine]
ON_PAGE = OnPage(page=1, left_mm=10.0, top_mm=10.0)
NOT_FOR_TMS = (
    "the rule is for roles dispatcher; the caller is system tms of example-east with roles none"
)
FOR_TMS = "id: a, systems: [tms]"


@pytest.fixture
def bundle(world: str, receipts: str) -> Bundle:
    return load_bundle({"world.yaml": world, "receipts.yaml": receipts})


def rules_of(denied: Denied) -> list[str]:
    return [reason.rule for reason in denied.reasons]


def test_what_a_permit_describes_is_allowed(
    engine: PolicyEngine, ask: Ask, facts: DocumentFacts, noon: datetime
) -> None:
    assert engine.decide(ask(), facts, at=noon) == Allowed(
        bundle=engine.bundle_digest,
        reasons=(Reason(rule="receipts-east/tms-automatic", message="permitted"),),
        placement=BesideKeyword(keyword="收货单位", occurrence="last"),
        charges=(
            Charge(
                rule="receipts-east/tms-automatic",
                counter="rule:receipts-east/tms-automatic",
                starts_at=1795320000,
                ends_at=1795323600,
                limit=3000,
                window="2026-11-22T12",
            ),
            Charge(
                rule="receipts-east/tms-automatic",
                counter="rule:receipts-east/tms-automatic",
                starts_at=1795276800,
                ends_at=1795363200,
                limit=20000,
                window="2026-11-22",
            ),
        ),
        counters=(
            "rule:receipts-east/tms-automatic",
            "seal:receipt-east",
            "system:tms",
            "company:example-east",
            "type:logistics-receipt",
        ),
    )


def test_windows_are_those_of_the_policys_time_zone(
    engine: PolicyEngine, ask: Ask, facts: DocumentFacts
) -> None:
    decision = engine.decide(ask(), facts, at=datetime(2026, 11, 21, 23, 30, tzinfo=UTC))
    assert isinstance(decision, Allowed)
    assert [charge.window for charge in decision.charges] == ["2026-11-22T07", "2026-11-22"]


def test_a_forbid_outweighs_a_permit(
    engine: PolicyEngine, ask: Ask, facts: DocumentFacts, noon: datetime
) -> None:
    changed = msgspec.structs.replace(facts, revisions=2)
    decision = engine.decide(ask(), changed, at=noon)
    assert decision == Denied(
        bundle=engine.bundle_digest,
        reasons=(
            Reason(
                rule="receipts-east/no-changes-after-signature",
                message="forbidden: doc.revisions > 1",
            ),
        ),
    )


def test_what_would_have_to_change_is_told_apart_from_the_denial_nearest_first(
    engine: PolicyEngine, ask: Ask, facts: DocumentFacts, noon: datetime
) -> None:
    thick = msgspec.structs.replace(facts, pages=9)
    case = engine.case(ask(amount_cents=9_000_000))
    decision = case.decide(thick, at=noon)
    assert decision == Denied(
        bundle=engine.bundle_digest,
        reasons=(
            Reason(
                rule="default",
                message="no rule permits the seal receipt-east on the document type"
                " logistics-receipt",
            ),
        ),
    )
    assert case.nearest(thick, at=noon) == (
        Reason(
            rule="receipts-east/tms-automatic",
            message="the condition is false: doc.pages <= 3 (doc.pages is 9) and"
            " doc.attributes.amount_cents <= 5000000 (doc.attributes.amount_cents is 9000000)",
        ),
        Reason(
            rule="receipts-east/dispatcher-with-two-approvals",
            message="the rule is for roles dispatcher;"
            " the caller is system tms of example-east with roles none",
        ),
    )


def test_of_two_that_are_as_near_the_one_that_needs_no_people_is_told_first(
    engine_with: EngineWith, ask: Ask, facts: DocumentFacts, noon: datetime
) -> None:
    waits = (
        "{id: a, systems: [tms], when: doc.pages > 8, approvals: {count: 1, roles: [dispatcher]}}"
    )
    alone = "{id: b, systems: [tms], when: doc.pages > 9}"
    engine = engine_with(permit=f"[{waits}, {alone}]")
    told = engine.case(ask(document_type="memo")).nearest(facts, at=noon)
    assert [reason.rule.partition("/")[2] for reason in told] == ["b", "a"]


def test_nothing_is_near_for_a_seal_that_is_unknown(
    engine: PolicyEngine, ask: Ask, facts: DocumentFacts, noon: datetime
) -> None:
    unknown = engine.case(ask(seal="nobody"))
    assert unknown.nearest(facts, at=noon) == ()
    assert (unknown.asks(), unknown.reads(noon)) == (frozenset(), ())


@pytest.mark.parametrize("state", ["draft", "retired"])
def test_a_seal_that_is_not_active_is_refused(
    bundle: Bundle, ask: Ask, facts: DocumentFacts, noon: datetime, state: SealState
) -> None:
    seal = msgspec.structs.replace(bundle.seals["receipt-east"], state=state)
    denied = CELPolicyEngine(replace(bundle, seals={seal.name: seal})).decide(ask(), facts, at=noon)
    message = f"the seal receipt-east is {state}"
    assert denied.reasons == (Reason(rule="seal-not-active", message=message),)


def test_a_rule_for_posts_and_a_limit_for_a_month(
    bundle: Bundle, ask: Ask, facts: DocumentFacts, noon: datetime
) -> None:
    policy = bundle.policies["receipts-east"]
    rule = PermitRule(id="by-hand", posts=frozenset({"east-dispatch"}), limits=Limits(per_month=7))
    policies = {policy.name: msgspec.structs.replace(policy, permit=(rule,))}
    engine = CELPolicyEngine(replace(bundle, policies=policies))
    holder = Caller(
        system="person:li-na",
        company="example-east",
        person="li-na",
        posts=frozenset({"east-dispatch"}),
    )
    allowed = engine.decide(ask(holder), facts, at=noon)
    assert isinstance(allowed, Allowed)
    (charge,) = allowed.charges
    assert (charge.window, charge.limit) == ("2026-11", 7)
    assert charge.ends_at - charge.starts_at == 30 * 24 * 3600
    (nearest,) = engine.case(ask()).nearest(facts, at=noon)
    assert "the rule is for posts east-dispatch" in nearest.message


def test_a_rule_with_approvals_asks_for_them(
    engine: PolicyEngine, ask: Ask, dispatcher: Caller, facts: DocumentFacts, noon: datetime
) -> None:
    decision = engine.decide(ask(dispatcher), facts, at=noon)
    assert isinstance(decision, NeedsApproval)
    assert decision.stages == (Stage(count=2, roles=frozenset({"seal-approver"})),)
    assert decision.placement == OnPage(page="last", left_mm=140.0, top_mm=230.0)


def test_a_permit_without_approvals_is_chosen_over_one_with_them(
    engine: PolicyEngine, ask: Ask, facts: DocumentFacts, noon: datetime
) -> None:
    both = Caller(system="tms", company="example-east", roles=frozenset({"dispatcher"}))
    decision = engine.decide(ask(both), facts, at=noon)
    assert isinstance(decision, Allowed)


def test_among_permits_that_allow_the_first_by_name_decides(
    engine_with: EngineWith, ask: Ask, facts: DocumentFacts, noon: datetime
) -> None:
    engine = engine_with(
        permit="[{id: b, systems: [tms], placement: {keyword: b}},"
        " {id: a, systems: [tms], placement: {keyword: a}}]"
    )
    decision = engine.decide(memo(ask), facts, at=noon)
    assert isinstance(decision, Allowed)
    assert decision.placement == BesideKeyword(keyword="a")
    assert [reason.rule for reason in decision.reasons] == ["p/a"]


@pytest.mark.parametrize(
    ("permit", "forbid", "erring"),
    [
        ("when: 1 / (doc.pages - 1) == 1", "id: f, when: doc.pages > 5", "p/a"),
        ("when: doc.pages == 1", "id: f, when: 1 / (doc.pages - 1) == 1", "p/f"),
    ],
)
def test_a_condition_without_an_answer_denies(
    *,
    engine_with: EngineWith,
    ask: Ask,
    facts: DocumentFacts,
    noon: datetime,
    permit: str,
    forbid: str,
    erring: str,
) -> None:
    engine = engine_with(
        permit=f"[{{{FOR_TMS}, {permit}}}, {{id: other, systems: [tms]}}]", forbid=f"[{{{forbid}}}]"
    )
    decision = engine.decide(memo(ask), facts, at=noon)
    assert isinstance(decision, Denied)
    assert rules_of(decision) == [erring]
    assert "divide by zero" in decision.reasons[0].message


@pytest.mark.parametrize(
    ("rule", "caller", "permitted"),
    [
        ("systems: [tms]", Caller(system="tms", company="x"), True),
        ("systems: [tms]", Caller(system="wms", company="x"), False),
        ("companies: [example-east]", Caller(system="x", company="example-east"), True),
        ("companies: [example-group]", Caller(system="x", company="example-east"), False),
        ("roles: [dispatcher]", Caller(system="x", company="x"), False),
        (
            "roles: [dispatcher, seal-approver]",
            Caller(system="x", company="x", roles=frozenset({"dispatcher", "y"})),
            True,
        ),
        (
            "systems: [tms], roles: [dispatcher]",
            Caller(system="tms", company="x"),
            False,
        ),
    ],
)
def test_a_rule_is_for_whom_it_names(
    *,
    engine_with: EngineWith,
    ask: Ask,
    facts: DocumentFacts,
    noon: datetime,
    rule: str,
    caller: Caller,
    permitted: bool,
) -> None:
    engine = engine_with(permit=f"[{{id: a, {rule}}}]")
    request = memo(ask, caller=caller)
    assert isinstance(engine.decide(request, facts, at=noon), Allowed) is permitted
    assert (engine.screen(request, at=noon) is None) is permitted


@pytest.mark.parametrize(
    ("forbid", "forbidden"),
    [
        ("{id: f}", True),
        ("{id: f, systems: [wms]}", False),
        ("{id: f, roles: [dispatcher]}", False),
        ("{id: f, systems: [tms], when: 'seal.id == \"receipt-east\"', message: 不可}", True),
    ],
)
def test_a_forbid_is_for_everybody_unless_it_says_otherwise(
    engine_with: EngineWith,
    ask: Ask,
    facts: DocumentFacts,
    noon: datetime,
    forbid: str,
    *,
    forbidden: bool,
) -> None:
    engine = engine_with(permit=f"[{{{FOR_TMS}}}]", forbid=f"[{forbid}]")
    decision = engine.decide(memo(ask), facts, at=noon)
    assert isinstance(decision, Denied) is forbidden
    if "message" in forbid:
        assert decision.reasons == (Reason(rule="p/f", message="不可"),)


@pytest.mark.parametrize(
    ("seals", "types"),
    [
        ("['*']", "['*']"),
        ("['*']", "[logistics-receipt]"),
        ("[receipt-east]", "['*']"),
    ],
)
def test_a_policy_for_everything_forbids_across_policies(
    *,
    world: str,
    receipts: str,
    ask: Ask,
    facts: DocumentFacts,
    noon: datetime,
    seals: str,
    types: str,
) -> None:
    group = f"""\
apiVersion: sealgate/v1
kind: SealPolicy
metadata: {{name: group}}
spec:
  seals: {seals}
  documentTypes: {types}
  forbid: [{{id: no-thick-documents, when: doc.pages > 2}}]
  tests:
    - name: thick
      request:
        seal: receipt-east
        documentType: logistics-receipt
        doc: {{pages: 3, attributes: {{amount_cents: 1}}}}
      expect: denied
      rule: no-thick-documents
"""
    sources = {"w.yaml": world, "r.yaml": receipts, "g.yaml": group}
    engine = CELPolicyEngine(load_bundle(sources))
    thick = msgspec.structs.replace(facts, pages=3)
    decision = engine.decide(ask(), thick, at=noon)
    assert isinstance(decision, Denied)
    assert rules_of(decision) == ["group/no-thick-documents"]


@pytest.mark.parametrize(
    ("changes", "rule", "message"),
    [
        ({"seal": "nobody"}, "seal-unknown", "no seal is called `nobody`"),
        ({"seal": "retired"}, "seal-frozen", "the seal retired is frozen: lost on 2026-03-01"),
        ({"document_type": "poem"}, "document-type", "no document type is called `poem`"),
        ({"document_type": "memo", "x": 1}, "document-type", "`x` is unknown; memo has: none"),
        ({"urgent": True}, "document-type", "`amount_cents` is missing; give it as integer"),
        ({"seal": "bare", "placement": ON_PAGE}, "placement", "has no stamp to place"),
        (
            {"caller": Caller(system="wms", company="example-group")},
            "default",
            "no rule permits the seal receipt-east",
        ),
        ({"seal": "bare"}, "default", "no policy permits the seal bare on"),
    ],
)
def test_screening_refuses_what_no_document_could_make_right(
    *,
    engine: PolicyEngine,
    ask: Ask,
    facts: DocumentFacts,
    noon: datetime,
    changes: dict[str, object],
    rule: str,
    message: str,
) -> None:
    request = ask(**changes)
    denied = engine.screen(request, at=noon)
    assert denied is not None
    assert denied.reasons[0].rule == rule
    assert message in denied.reasons[0].message
    # And whoever forgets to screen is told the same.
    decided = engine.decide(request, facts, at=noon)
    assert isinstance(decided, Denied)
    assert decided.reasons[0] == denied.reasons[0]


def test_screening_lets_go_on_what_a_document_decides(
    engine: PolicyEngine, ask: Ask, noon: datetime
) -> None:
    assert engine.screen(ask(amount_cents=9_000_000), at=noon) is None


def test_screening_tells_all_reasons_together(
    engine: PolicyEngine, ask: Ask, noon: datetime
) -> None:
    denied = engine.screen(ask(seal="nobody", amount_cents=-1, waybill="a", y=1), at=noon)
    assert denied is not None
    assert rules_of(denied) == ["seal-unknown", *["document-type"] * 3]


@pytest.mark.parametrize(
    ("rule_placement", "asked", "expected"),
    [
        (", placement: {invisible: true}", ON_PAGE, Invisible()),
        ("", ON_PAGE, ON_PAGE),
        ("", None, OnPage(page="last", left_mm=140.0, top_mm=230.0)),
    ],
)
def test_the_rule_places_before_the_request_and_the_request_before_the_seal(
    *,
    engine_with: EngineWith,
    ask: Ask,
    facts: DocumentFacts,
    noon: datetime,
    rule_placement: str,
    asked: Placement | None,
    expected: Placement,
) -> None:
    engine = engine_with(permit=f"[{{{FOR_TMS}{rule_placement}}}]")
    request = memo(ask, placement=asked)
    decision = engine.decide(request, facts, at=noon)
    assert isinstance(decision, Allowed)
    assert decision.placement == expected
    assert engine.likely_placement(request) == expected


def test_a_seal_of_which_nothing_is_known_signs_invisibly(
    engine_with: EngineWith, ask: Ask, facts: DocumentFacts, noon: datetime
) -> None:
    engine = engine_with(permit=f"[{{{FOR_TMS}}}]", seals="[bare]")
    request = memo(ask, seal="bare")
    decision = engine.decide(request, facts, at=noon)
    assert isinstance(decision, Allowed)
    assert decision.placement == engine.likely_placement(request) == Invisible()


def test_the_likely_placement_of_an_unknown_seal_is_unknown(engine: PolicyEngine, ask: Ask) -> None:
    assert engine.likely_placement(ask(seal="nobody")) is None


def test_a_moment_without_a_time_zone_is_refused(
    engine: PolicyEngine, ask: Ask, facts: DocumentFacts, noon: datetime
) -> None:
    with pytest.raises(NaiveMomentError, match="no time zone"):
        engine.decide(ask(), facts, at=noon.replace(tzinfo=None))
    with pytest.raises(NaiveMomentError, match="no time zone"):
        engine.screen(ask(), at=noon.replace(tzinfo=None))


def test_an_explanation_names_every_rule_and_its_outcome(
    engine: CELPolicyEngine, ask: Ask, facts: DocumentFacts, noon: datetime
) -> None:
    explanation = engine.explain(ask(waybill="x", amount_cents=1), facts, at=noon)
    assert isinstance(explanation.decision, Denied)
    assert [
        (finding.rule, finding.effect, finding.outcome, finding.message)
        for finding in explanation.findings
    ] == [
        (
            "receipts-east/no-changes-after-signature",
            "forbid",
            "condition-false",
            "the condition is false: doc.revisions > 1 (doc.revisions is 1)",
        ),
        (
            "receipts-east/dispatcher-with-two-approvals",
            "permit",
            "other-caller",
            NOT_FOR_TMS,
        ),
        ("receipts-east/tms-automatic", "permit", "applies", "permitted"),
    ]


def test_there_is_nothing_to_explain_about_an_unknown_seal(
    engine: CELPolicyEngine, ask: Ask, facts: DocumentFacts, noon: datetime
) -> None:
    assert engine.explain(ask(seal="nobody"), facts, at=noon).findings == ()


def test_an_explanation_names_missing_and_long_values(
    engine_with: EngineWith, ask: Ask, facts: DocumentFacts, noon: datetime
) -> None:
    when = "has(doc.attributes.waybill) && size(caller.roles) < 5"
    engine = engine_with(permit=f"[{{{FOR_TMS}, when: '{when}'}}]", types="[logistics-receipt]")
    roles = frozenset(f"role-{number}" for number in range(50))
    caller = Caller(system="tms", company="x", roles=roles)
    (nearest,) = engine.explain(ask(caller), facts, at=noon).nearest
    message = nearest.message
    assert "doc.attributes.waybill is missing" in message
    assert "…" in message
    assert len(message) < 300


def test_an_empty_bundle_denies_everything(ask: Ask, facts: DocumentFacts, noon: datetime) -> None:
    bundle: Bundle = load_bundle({})
    assert isinstance(CELPolicyEngine(bundle).decide(ask(), facts, at=noon), Denied)


def memo(ask: Ask, **changes: object) -> SealRequest:
    """A request for `memo`, which has no attributes."""
    return msgspec.structs.replace(ask(document_type="memo", **changes), attributes={})


def test_a_forbid_about_an_attribute_that_is_missing_forbids(
    engine_with: EngineWith, ask: Ask, facts: DocumentFacts, noon: datetime
) -> None:
    permit = "[{id: all, systems: [tms]}]"
    asked = SealRequest(
        caller=ask().caller,
        seal="receipt-east",
        document_type="memo",
        business_number="",
        attributes={},
    )
    for when, denied in (
        ("doc.attributes.amount_cents > 5", True),
        ("has(doc.attributes.amount_cents) && doc.attributes.amount_cents > 5", False),
    ):
        engine = engine_with(
            permit=permit,
            extra=(
                "---\napiVersion: sealgate/v1\nkind: SealPolicy\nmetadata: {name: every}\n"
                "spec: {seals: ['*'], documentTypes: ['*'], "
                f"forbid: [{{id: too-much, when: '{when}'}}]}}\n"
                "tests: [{name: t, request: {seal: receipt-east, documentType: logistics-receipt}, "
                "expect: denied, rule: document-type}]\n"
            ),
        )
        assert isinstance(engine.decide(asked, facts, at=noon), Denied) is denied
