"""A simulation agrees with an oracle that looks at every rule for every decision of the past."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from gateway.history.keeping import packed, unpacked
from gateway.signing.guard import KeptDecision
from policies.bundle import Bundle
from policies.deciding.verdicts import deciding_rules, verdict_of
from policies.engine import CELPolicyEngine
from policies.foresight.principals import principals
from policies.foresight.replay import PastDecision, Replaying
from policies.foresight.simulation import Simulation, simulate
from policies.model import NOTHING_KNOWN, Caller, ContentFacts, Known
from tests import oracle
from tests.drawn_changes import NAMES, changed, drawn_bundles, drawn_facts, drawn_requests

AT = datetime(2026, 11, 22, 4, tzinfo=UTC)


def systems_of(bundle: Bundle) -> st.SearchStrategy[Caller]:
    everybody = principals(bundle, at=AT)
    return st.sampled_from([everybody[name] for name in NAMES])


AMOUNTS = ContentFacts(asked=frozenset({"amounts"}), amounts=(1, 2))


@st.composite
def histories(draw: st.DrawFn, bundle: Bundle) -> list[KeptDecision]:
    """What the bundle has decided, some of it stopped by others; it found out what it asked for."""
    engine = CELPolicyEngine(bundle)
    asked = st.tuples(
        drawn_requests(systems_of(bundle)), drawn_facts, st.integers(0, 2), st.booleans()
    )
    kept = []
    for number, (request, facts, used, stopped) in enumerate(draw(st.lists(asked, max_size=12))):
        at = AT + timedelta(seconds=number)
        case = engine.case(request)
        found = msgspec.structs.replace(facts, content=AMOUNTS) if case.asks() else facts
        known = Known(used={read.name: used for read in case.reads(at)})
        unread = case.screen(at=at) is not None
        kept.append(
            KeptDecision(
                at=at,
                audit_index=number,
                request=request,
                facts=None if unread else found,
                known=NOTHING_KNOWN if unread else known,
                decision=case.decide(found, at=at, known=known),
                stopped=stopped and number % 3 == 0,
            )
        )
    return kept


def past_of(kept: KeptDecision) -> PastDecision:
    fields = {
        name: getattr(kept, name) for name in PastDecision.__struct_fields__ if name != "record"
    }
    return PastDecision(record=kept.audit_index, **fields)


def simulated(bundle: Bundle, history: list[KeptDecision]) -> Simulation:
    """As it is after the way through the database."""
    pasts = [past_of(unpacked(packed(kept))) for kept in history]
    return simulate(Replaying(bundle, CELPolicyEngine(bundle)), pasts)


Way = tuple[str, str, frozenset[str]]


def by_hand(kept: KeptDecision, new: Bundle) -> Way | str:
    """Verdict before, verdict after and its rules; or in a word why nobody can tell."""
    if kept.stopped:
        return "stopped"
    before = verdict_of(kept.decision)
    system = new.systems.get(kept.request.caller.system)
    if system is None:
        return before, "denied", frozenset({"caller"})
    caller = Caller(system=system.name, company=system.company, roles=system.roles)
    request = msgspec.structs.replace(kept.request, caller=caller)
    case = CELPolicyEngine(new).case(request)
    screened = case.screen(at=kept.at)
    if screened is not None:
        return before, "denied", frozenset(deciding_rules(screened))
    if kept.facts is None:
        return "unread"
    uncounted = {read.name for read in case.reads(kept.at)} - kept.known.used.keys()
    if uncounted or (case.asks() and kept.facts.content is msgspec.UNSET):
        return "facts" if case.asks() and kept.facts.content is msgspec.UNSET else "counters"
    verdict = oracle.decide(new, request, kept.facts, at=kept.at, known=kept.known)
    return before, verdict.outcome, verdict.rules


@given(drawn_bundles(), st.data())
def test_a_simulation_agrees_with_asking_the_oracle_about_every_decision(
    old: Bundle, data: st.DataObject
) -> None:
    new = data.draw(changed(old))
    history = data.draw(histories(old))
    expected = Counter(by_hand(kept, new) for kept in history)
    found = simulated(new, history)
    counted: Counter[Way | str] = Counter({each.why: each.count for each in found.undecidable})
    for each in found.changed:
        counted[each.before, each.after, frozenset(each.rules_after)] += each.count
        assert each.before != each.after
        assert len(each.examples) == min(each.count, 5)
    same = {way: n for way, n in expected.items() if not isinstance(way, str) and way[0] == way[1]}
    assert found.same == sum(same.values())
    assert counted == {way: n for way, n in expected.items() if way not in same}
    assert found.total == len(history)


@given(drawn_bundles(), st.data())
def test_the_policies_that_decided_would_decide_the_same_again(
    bundle: Bundle, data: st.DataObject
) -> None:
    history = data.draw(histories(bundle))
    found = simulated(bundle, history)
    assert found.changed == ()
    assert {each.why for each in found.undecidable} <= {"stopped"}
    assert found.same == sum(not kept.stopped for kept in history)
