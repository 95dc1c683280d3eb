"""What is true of every bundle and every request."""

from dataclasses import replace

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from policies.bundle import Bundle
from policies.engine import CELPolicyEngine
from policies.model import (
    Allowed,
    Decision,
    Denied,
    DocumentFacts,
    Known,
    SealRequest,
)
from policies.objects.rules import ForbidRule, SealPolicy
from tests import oracle
from tests.drawn_policies import AT, bundle_of, bundles, facts, knowns, named, policies, requests


def decided(bundle: Bundle, request: SealRequest, found: DocumentFacts, known: Known) -> Decision:
    return CELPolicyEngine(bundle).decide(request, found, at=AT, known=known)


def with_policies(bundle: Bundle, found: list[SealPolicy]) -> Bundle:
    return replace(bundle, policies={policy.name: policy for policy in found})


@given(bundles(), requests, facts, knowns)
def test_decisions_are_those_of_the_documentation(
    bundle: Bundle, request: SealRequest, found: DocumentFacts, known: Known
) -> None:
    expected = oracle.decide(bundle, request, found, at=AT, known=known)
    assert oracle.verdict_of(decided(bundle, request, found, known)) == expected


@given(bundles(), requests, facts, knowns)
def test_one_forbid_is_enough(
    bundle: Bundle, request: SealRequest, found: DocumentFacts, known: Known
) -> None:
    veto = SealPolicy(
        name="veto",
        seals=("*",),
        document_types=("*",),
        time_zone="Asia/Shanghai",
        forbid=(ForbidRule(id="never"),),
    )
    forbidden = with_policies(bundle, [*bundle.policies.values(), veto])
    decision = decided(forbidden, request, found, known)
    assert isinstance(decision, Denied)
    if request.document_type in bundle.document_types:
        assert "veto/never" in {reason.rule for reason in decision.reasons}


@given(bundles(), requests, facts, knowns, st.data())
def test_the_order_of_policies_and_rules_never_matters(
    bundle: Bundle, request: SealRequest, found: DocumentFacts, known: Known, data: st.DataObject
) -> None:
    shuffled = [
        msgspec.structs.replace(
            policy,
            permit=tuple(data.draw(st.permutations(policy.permit))),
            forbid=tuple(data.draw(st.permutations(policy.forbid))),
        )
        for policy in data.draw(st.permutations(list(bundle.policies.values())))
    ]
    other = replace(
        with_policies(bundle, shuffled),
        grants=dict(data.draw(st.permutations(list(bundle.grants.items())))),
    )
    given_in_other_order = msgspec.structs.replace(
        known, approvals=tuple(data.draw(st.permutations(known.approvals)))
    )
    assert decided(other, request, found, given_in_other_order) == decided(
        bundle, request, found, known
    )


@given(bundles(), requests, facts, knowns)
def test_nothing_is_allowed_that_no_rule_permits(
    bundle: Bundle, request: SealRequest, found: DocumentFacts, known: Known
) -> None:
    decision = decided(bundle, request, found, known)
    without = [msgspec.structs.replace(policy, permit=()) for policy in bundle.policies.values()]
    assert isinstance(decided(with_policies(bundle, without), request, found, known), Denied)
    if isinstance(decision, Allowed):
        (reason,) = decision.reasons
        (policy, rule) = next(
            (policy, rule)
            for policy in bundle.policies.values()
            for rule in policy.permit
            if f"{policy.name}/{rule.id}" == reason.rule
        )
        assert oracle.covers(bundle, policy, request)
        assert oracle.concerns(rule, request.caller)


@given(
    st.lists(policies(may_permit=False), min_size=1, max_size=3),
    st.lists(policies(), max_size=3),
    requests,
    facts,
    knowns,
)
def test_no_subsidiary_rule_widens_a_group_forbid(
    of_the_group: list[SealPolicy],
    of_subsidiaries: list[SealPolicy],
    request: SealRequest,
    found: DocumentFacts,
    known: Known,
) -> None:
    group = named(of_the_group, "group")
    own = named(
        [msgspec.structs.replace(policy, managed_by="self") for policy in of_subsidiaries], "own"
    )
    alone = decided(bundle_of(group), request, found, known)
    assert isinstance(alone, Denied)
    forbidding = {reason.rule for reason in alone.reasons} - {"default"}
    together = decided(bundle_of([*group, *own]), request, found, known)
    if forbidding:
        assert isinstance(together, Denied)
        assert forbidding <= {reason.rule for reason in together.reasons}


@given(bundles(), requests, facts, knowns)
def test_what_screening_refuses_is_never_allowed(
    bundle: Bundle, request: SealRequest, found: DocumentFacts, known: Known
) -> None:
    if CELPolicyEngine(bundle).screen(request, at=AT) is not None:
        assert isinstance(decided(bundle, request, found, known), Denied)


@given(bundles(), requests, facts, knowns)
def test_taking_a_permit_away_never_allows_more(
    bundle: Bundle, request: SealRequest, found: DocumentFacts, known: Known
) -> None:
    # Only by its error does a permit take something away, and an error is no way to forbid.
    explained = CELPolicyEngine(bundle).explain(request, found, at=AT, known=known)
    errs = any(each.effect == "permit" and each.outcome == "error" for each in explained.findings)
    if errs or isinstance(explained.decision, Allowed):
        return
    for policy in bundle.policies.values():
        less = msgspec.structs.replace(policy, permit=policy.permit[1:])
        rest = [other for other in bundle.policies.values() if other.name != policy.name]
        decision = decided(with_policies(bundle, [*rest, less]), request, found, known)
        assert not isinstance(decision, Allowed)


@given(bundles(), requests, facts, knowns)
def test_taking_an_approval_away_never_allows_more(
    bundle: Bundle, request: SealRequest, found: DocumentFacts, known: Known
) -> None:
    if isinstance(decided(bundle, request, found, known), Allowed):
        return
    for gone in known.approvals:
        kept = tuple(each for each in known.approvals if each != gone)
        fewer = msgspec.structs.replace(known, approvals=kept)
        assert not isinstance(decided(bundle, request, found, fewer), Allowed)


@given(bundles(), requests, facts, knowns)
def test_taking_a_grant_away_never_allows_more(
    bundle: Bundle, request: SealRequest, found: DocumentFacts, known: Known
) -> None:
    if isinstance(decided(bundle, request, found, known), Allowed):
        return
    for name in bundle.grants:
        kept = {other: grant for other, grant in bundle.grants.items() if other != name}
        decision = decided(replace(bundle, grants=kept), request, found, known)
        assert not isinstance(decision, Allowed)


@given(bundles(), requests, facts, knowns)
def test_what_is_allowed_rests_on_what_it_names(
    bundle: Bundle, request: SealRequest, found: DocumentFacts, known: Known
) -> None:
    decision = decided(bundle, request, found, known)
    if not isinstance(decision, Allowed):
        return
    assert (decision.grant is not None) == (
        oracle.needs_grant(bundle, request) and not decision.approvals
    )
    if decision.approvals:
        resting = [each for each in known.approvals if each.id in decision.approvals]
        only_these = msgspec.structs.replace(known, approvals=tuple(resting))
        assert isinstance(decided(bundle, request, found, only_these), Allowed)


@given(bundles(), requests, facts, knowns)
def test_what_a_case_reads_and_asks_is_all_that_it_needs(
    bundle: Bundle, request: SealRequest, found: DocumentFacts, known: Known
) -> None:
    case = CELPolicyEngine(bundle).case(request)
    read = {each.name for each in case.reads(AT)}
    narrow = msgspec.structs.replace(
        known, used={name: count for name, count in known.used.items() if name in read}
    )
    seen = found
    if not isinstance(found.content, msgspec.UnsetType):
        asked = found.content.asked & case.asks()
        content = msgspec.structs.replace(found.content, asked=asked)
        seen = msgspec.structs.replace(found, content=content)
    assert case.decide(seen, at=AT, known=narrow) == case.decide(found, at=AT, known=known)


@given(bundles(), requests, facts, knowns)
def test_an_explanation_has_every_covering_rule_once_and_the_same_decision(
    bundle: Bundle, request: SealRequest, found: DocumentFacts, known: Known
) -> None:
    explanation = CELPolicyEngine(bundle).explain(request, found, at=AT, known=known)
    assert explanation.decision == decided(bundle, request, found, known)
    covering = [each for each in bundle.policies.values() if oracle.covers(bundle, each, request)]
    assert sorted(finding.rule for finding in explanation.findings) == sorted(
        f"{policy.name}/{rule}"
        for policy in covering
        for rule in [each.id for each in policy.permit] + [each.id for each in policy.forbid]
    )
