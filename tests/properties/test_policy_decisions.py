"""What is true of every bundle and every request."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from policies.bundle import (
    Approvals,
    Bundle,
    DocumentType,
    ForbidRule,
    Limits,
    PermitRule,
    Seal,
    SealPolicy,
)
from policies.engine import CELPolicyEngine
from policies.model import (
    Allowed,
    BesideKeyword,
    Caller,
    Decision,
    Denied,
    DocumentFacts,
    NeedsApproval,
    SealRequest,
    Stage,
)

AT = datetime(2026, 11, 22, 4, tzinfo=UTC)
NAMES = ("a", "b")
# What each condition gives for a document of n pages; None: no answer.
CONDITIONS: Mapping[str | None, Mapping[int, bool | None]] = {
    None: {0: True, 1: True, 2: True},
    "doc.pages > 0": {0: False, 1: True, 2: True},
    "doc.pages > 1": {0: False, 1: False, 2: True},
    "false": {0: False, 1: False, 2: False},
    "10 / doc.pages > 0": {0: None, 1: True, 2: True},
    "doc.pages > 0 && 10 / doc.pages == 10": {0: False, 1: True, 2: False},
}

some_names = st.frozensets(st.sampled_from(NAMES))
conditions = st.sampled_from(list(CONDITIONS))
approvals = st.none() | st.just(Approvals(stages=(Stage(count=1, roles=frozenset("a")),)))
permits = st.builds(
    PermitRule,
    id=st.just(""),
    systems=some_names,
    roles=some_names,
    companies=some_names,
    when=conditions,
    limits=st.builds(Limits, per_day=st.none() | st.just(5)),
    placement=st.none() | st.builds(BesideKeyword, keyword=st.sampled_from(NAMES)),
    approvals=approvals,
).filter(lambda rule: bool(rule.systems or rule.roles or rule.companies))
forbids = st.builds(
    ForbidRule,
    id=st.just(""),
    systems=some_names,
    roles=some_names,
    companies=some_names,
    when=conditions,
)


@st.composite
def policies(draw: st.DrawFn) -> SealPolicy:
    permit = tuple(
        msgspec.structs.replace(rule, id=f"p{number}")
        for number, rule in enumerate(draw(st.lists(permits, max_size=4)))
    )
    forbid = tuple(
        msgspec.structs.replace(rule, id=f"f{number}")
        for number, rule in enumerate(draw(st.lists(forbids, max_size=2)))
    )
    everything = st.just(("*",)) if not permit else st.nothing()
    named = st.lists(st.sampled_from(NAMES), min_size=1, unique=True).map(tuple)
    return SealPolicy(
        name="",
        seals=draw(everything | named),
        document_types=draw(everything | named),
        time_zone="Asia/Shanghai",
        permit=permit,
        forbid=forbid,
    )


@st.composite
def bundles(draw: st.DrawFn) -> Bundle:
    found = draw(st.lists(policies(), max_size=3))
    return bundle_of(
        [msgspec.structs.replace(each, name=f"policy{n}") for n, each in enumerate(found)]
    )


def bundle_of(found: list[SealPolicy]) -> Bundle:
    seals = {
        name: Seal(name=name, company="a", type="章", state="active", key=name, certificate="c.pem")
        for name in NAMES
    }
    return Bundle(
        companies={},
        roles={},
        systems={},
        document_types={name: DocumentType(name=name) for name in NAMES},
        seals=seals,
        policies=MappingProxyType({policy.name: policy for policy in found}),
        digest="sha256:0",
    )


requests = st.builds(
    SealRequest,
    caller=st.builds(
        Caller, system=st.sampled_from("abc"), company=st.sampled_from("abc"), roles=some_names
    ),
    seal=st.sampled_from(NAMES),
    document_type=st.sampled_from(NAMES),
    business_number=st.just("HD-1"),
)
facts = st.builds(
    DocumentFacts,
    pages=st.integers(0, 2),
    size_bytes=st.just(1),
    revisions=st.just(1),
    signatures=st.just(0),
    pdf_version=st.just("1.7"),
)


def decided(bundle: Bundle, request: SealRequest, found: DocumentFacts) -> Decision:
    return CELPolicyEngine(bundle).decide(request, found, at=AT)


def covers(policy: SealPolicy, request: SealRequest) -> bool:
    assert isinstance(policy.seals, tuple)
    return bool({request.seal, "*"} & set(policy.seals)) and bool(
        {request.document_type, "*"} & set(policy.document_types)
    )


def concerns(rule: PermitRule | ForbidRule, caller: Caller) -> bool:
    return (
        (not rule.systems or caller.system in rule.systems)
        and (not rule.roles or bool(rule.roles & caller.roles))
        and (not rule.companies or caller.company in rule.companies)
    )


def expected(bundle: Bundle, request: SealRequest, found: DocumentFacts) -> type[Decision]:
    """The decision by the sentence in the documentation, in no way like the engine's code."""
    permit_answers: list[tuple[bool | None, bool]] = []
    forbid_answers: list[bool | None] = []
    for policy in bundle.policies.values():
        if not covers(policy, request):
            continue
        permit_answers += [
            (CONDITIONS[rule.when][found.pages], rule.approvals is None)
            for rule in policy.permit
            if concerns(rule, request.caller)
        ]
        forbid_answers += [
            CONDITIONS[rule.when][found.pages]
            for rule in policy.forbid
            if concerns(rule, request.caller)
        ]
    errors = None in forbid_answers or any(answer is None for answer, _ in permit_answers)
    if errors or True in forbid_answers:
        return Denied
    if (True, True) in permit_answers:
        return Allowed
    return NeedsApproval if (True, False) in permit_answers else Denied


@given(bundles(), requests, facts)
def test_decisions_are_those_of_the_documentation(
    bundle: Bundle, request: SealRequest, found: DocumentFacts
) -> None:
    assert type(decided(bundle, request, found)) is expected(bundle, request, found)


@given(bundles(), requests, facts)
def test_one_forbid_is_enough(bundle: Bundle, request: SealRequest, found: DocumentFacts) -> None:
    veto = SealPolicy(
        name="veto",
        seals=("*",),
        document_types=("*",),
        time_zone="Asia/Shanghai",
        forbid=(ForbidRule(id="never"),),
    )
    forbidden = bundle_of([*bundle.policies.values(), veto])
    decision = decided(forbidden, request, found)
    assert isinstance(decision, Denied)
    assert "veto/never" in {reason.rule for reason in decision.reasons}


@given(bundles(), requests, facts, st.data())
def test_the_order_of_policies_and_rules_never_matters(
    bundle: Bundle, request: SealRequest, found: DocumentFacts, data: st.DataObject
) -> None:
    shuffled = [
        msgspec.structs.replace(
            policy,
            permit=tuple(data.draw(st.permutations(policy.permit))),
            forbid=tuple(data.draw(st.permutations(policy.forbid))),
        )
        for policy in data.draw(st.permutations(list(bundle.policies.values())))
    ]
    assert decided(bundle_of(shuffled), request, found) == decided(bundle, request, found)


@given(bundles(), requests, facts)
def test_nothing_is_allowed_that_no_rule_permits(
    bundle: Bundle, request: SealRequest, found: DocumentFacts
) -> None:
    without = [msgspec.structs.replace(policy, permit=()) for policy in bundle.policies.values()]
    assert isinstance(decided(bundle_of(without), request, found), Denied)


@given(bundles(), requests, facts)
def test_what_screening_refuses_is_never_allowed(
    bundle: Bundle, request: SealRequest, found: DocumentFacts
) -> None:
    if CELPolicyEngine(bundle).screen(request, at=AT) is not None:
        assert isinstance(decided(bundle, request, found), Denied)


@given(bundles(), requests, facts)
def test_taking_a_permit_away_never_allows_more(
    bundle: Bundle, request: SealRequest, found: DocumentFacts
) -> None:
    # Only by its error does a permit take something away, and an error is no way to forbid.
    answers = [
        CONDITIONS[rule.when][found.pages]
        for policy in bundle.policies.values()
        for rule in policy.permit
    ]
    if None in answers or isinstance(decided(bundle, request, found), Allowed):
        return
    for policy in bundle.policies.values():
        less = msgspec.structs.replace(policy, permit=policy.permit[1:])
        rest = [other for other in bundle.policies.values() if other.name != policy.name]
        assert not isinstance(decided(bundle_of([*rest, less]), request, found), Allowed)


@given(bundles(), requests, facts)
def test_an_explanation_has_every_covering_rule_once_and_the_same_decision(
    bundle: Bundle, request: SealRequest, found: DocumentFacts
) -> None:
    explanation = CELPolicyEngine(bundle).explain(request, found, at=AT)
    assert explanation.decision == decided(bundle, request, found)
    covering = [policy for policy in bundle.policies.values() if covers(policy, request)]
    assert sorted(finding.rule for finding in explanation.findings) == sorted(
        f"{policy.name}/{rule}"
        for policy in covering
        for rule in [each.id for each in policy.permit] + [each.id for each in policy.forbid]
    )
