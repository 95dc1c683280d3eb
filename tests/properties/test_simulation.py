"""A simulation agrees with going through the past by hand, as the documentation says it."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from gateway.history.keeping import packed, unpacked
from gateway.signing.guard import KeptDecision
from policies.bundle import ANY, Bundle, ForbidRule, PermitRule
from policies.engine import CELPolicyEngine
from policies.model import NOTHING_KNOWN, Caller, DocumentFacts, SealRequest
from policies.principals import principals
from policies.replay import Past, Replaying
from policies.simulation import Simulation, simulate
from policies.verdicts import Verdict, verdict_of
from tests.drawn_policies import (
    CONDITIONS,
    NAMES,
    About,
    changed,
    drawn_bundles,
    drawn_facts,
    drawn_requests,
)

AT = datetime(2026, 11, 22, 4, tzinfo=UTC)


def is_for(rule: PermitRule | ForbidRule, caller: Caller) -> bool:
    posts = rule.posts if isinstance(rule, PermitRule) else frozenset()
    return (
        (not rule.systems or caller.system in rule.systems)
        and (not rule.roles or bool(rule.roles & caller.roles))
        and (not rule.companies or caller.company in rule.companies)
        and (not posts or bool(posts & caller.held_posts))
    )


def by_the_book(bundle: Bundle, request: SealRequest, facts: DocumentFacts) -> Verdict:
    """Nothing is allowed unless a permit says so; one forbid, or one error, outweighs them all."""
    system = bundle.systems.get(request.caller.system)
    seal = bundle.seals.get(request.seal)
    if system is None or seal is None or seal.state != "active":
        return "denied"
    amount = bundle.document_types[request.document_type].attributes.get("amount")
    if (amount is None and request.attributes) or (
        amount is not None and amount.required and not request.attributes
    ):
        return "denied"
    caller = Caller(system=system.name, company=system.company, roles=system.roles)
    about = About(facts.pages, facts.signatures, seal.company, caller.company)
    said: set[str] = set()
    for policy in bundle.policies.values():
        assert isinstance(policy.seals, tuple)
        covers = {ANY, seal.name} & {*policy.seals} and {ANY, request.document_type} & {
            *policy.document_types
        }
        for rule in (*policy.permit, *policy.forbid) if covers else ():
            answer = CONDITIONS[rule.when](about) if is_for(rule, caller) else False
            if answer is None or (answer and isinstance(rule, ForbidRule)):
                return "denied"
            if answer and isinstance(rule, PermitRule):
                said.add("allowed" if rule.approvals is None else "needs-approval")
    return "allowed" if "allowed" in said else "needs-approval" if said else "denied"


def systems_of(bundle: Bundle) -> st.SearchStrategy[Caller]:
    everybody = principals(bundle, at=AT)
    return st.sampled_from([everybody[name] for name in NAMES])


@st.composite
def histories(draw: st.DrawFn, bundle: Bundle) -> list[KeptDecision]:
    """What the bundle has decided, some of it refused by others."""
    engine = CELPolicyEngine(bundle)
    asked = st.tuples(drawn_requests(systems_of(bundle)), drawn_facts, st.booleans())
    kept = []
    for number, (request, facts, stopped) in enumerate(draw(st.lists(asked, max_size=12))):
        at = AT + timedelta(seconds=number)
        decision = engine.decide(request, facts, at=at)
        unread = engine.screen(request, at=at) is not None
        kept.append(
            KeptDecision(
                at=at,
                audit_index=number,
                request=request,
                facts=None if unread else facts,
                known=NOTHING_KNOWN,
                decision=decision,
                stopped=stopped and number % 3 == 0,
            )
        )
    return kept


def past_of(kept: KeptDecision) -> Past:
    fields = {name: getattr(kept, name) for name in Past.__struct_fields__ if name != "record"}
    return Past(record=kept.audit_index, **fields)


def simulated(bundle: Bundle, history: list[KeptDecision]) -> Simulation:
    """As it is after the way through the database."""
    pasts = [past_of(unpacked(packed(kept))) for kept in history]
    return simulate(Replaying(bundle, CELPolicyEngine(bundle)), pasts)


@given(drawn_bundles(), st.data())
def test_a_simulation_agrees_with_going_through_the_past_by_hand(
    old: Bundle, data: st.DataObject
) -> None:
    new = data.draw(changed(old))
    history = data.draw(histories(old))
    moved: Counter[tuple[Verdict, Verdict]] = Counter()
    same = stopped = unread = 0
    for kept in history:
        before = verdict_of(kept.decision)
        if kept.stopped:
            stopped += 1
        elif kept.facts is None:
            # Whatever was in the document; if the answer hangs on that, nobody can tell.
            answers = {by_the_book(new, kept.request, facts) for facts in EVERY_DOCUMENT}
            engine = CELPolicyEngine(new)
            screened = engine.screen(caller_now(kept.request, new), at=kept.at) is not None
            assert not screened or answers == {"denied"}
            same, unread = (same + 1, unread) if screened else (same, unread + 1)
        elif before != (after := by_the_book(new, kept.request, kept.facts)):
            moved[before, after] += 1
        else:
            same += 1
    found = simulated(new, history)
    counted: Counter[tuple[Verdict, Verdict]] = Counter()
    for each in found.moved:
        counted[each.before, each.after] += each.count
    assert counted == moved
    assert found.same == same
    assert found.total == len(history)
    untold = {each.why: each.count for each in found.untold}
    assert untold == {why: n for why, n in (("stopped", stopped), ("unread", unread)) if n}


EVERY_DOCUMENT = tuple(
    DocumentFacts(pages=pages, size_bytes=1, revisions=1, signatures=signatures, pdf_version="1.7")
    for pages in range(3)
    for signatures in range(2)
)


def caller_now(request: SealRequest, bundle: Bundle) -> SealRequest:
    caller = principals(bundle, at=AT)[request.caller.system]
    return msgspec.structs.replace(request, caller=caller)


@given(drawn_bundles(), st.data())
def test_the_policies_that_decided_would_decide_the_same_again(
    bundle: Bundle, data: st.DataObject
) -> None:
    history = data.draw(histories(bundle))
    found = simulated(bundle, history)
    assert found.moved == ()
    assert {each.why for each in found.untold} <= {"stopped"}
    assert found.same == sum(not kept.stopped for kept in history)
