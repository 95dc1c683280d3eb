"""The past decided once more: who asked as the other policies know it, and what nobody can tell."""

from dataclasses import replace
from datetime import UTC, date, datetime

import msgspec
import pytest

from policies.bundle import Bundle
from policies.engine import CELPolicyEngine
from policies.foresight.replay import Changed, PastDecision, Replaying, Same, Undecidable
from policies.foresight.simulation import simulate
from policies.interfaces import Case
from policies.loader import load_bundle
from policies.model import (
    NOTHING_KNOWN,
    Caller,
    ContentFacts,
    CounterRead,
    DocumentFacts,
    Fact,
    Known,
    SealRequest,
)
from policies.objects.people import Holding, Person, Post
from policies.objects.systems import System

AT = datetime(2026, 11, 22, 4, tzinfo=UTC)


@pytest.fixture
def bundle(world: str, receipts: str) -> Bundle:
    return load_bundle({"world.yaml": world, "receipts.yaml": receipts})


def past_of(
    bundle: Bundle, request: SealRequest, facts: DocumentFacts, record: int = 7
) -> PastDecision:
    return PastDecision(
        record=record,
        at=AT,
        request=request,
        facts=facts,
        known=NOTHING_KNOWN,
        decision=CELPolicyEngine(bundle).decide(request, facts, at=AT),
    )


def replaying(bundle: Bundle) -> Replaying:
    return Replaying(bundle, CELPolicyEngine(bundle))


@pytest.fixture
def past(bundle: Bundle, facts: DocumentFacts) -> PastDecision:
    """An ordinary receipt of the system tms, which is allowed."""
    request = SealRequest(
        caller=Caller(system="tms", company="example-east"),
        seal="receipt-east",
        document_type="logistics-receipt",
        business_number="HD-1",
        attributes={"amount_cents": 100},
    )
    return past_of(bundle, request, facts)


def test_the_same_policies_say_the_same(bundle: Bundle, past: PastDecision) -> None:
    assert isinstance(replaying(bundle).replay(past), Same)


def test_a_system_that_there_is_no_more_is_refused(bundle: Bundle, past: PastDecision) -> None:
    without = replace(bundle, systems={})
    found = replaying(without).replay(past)
    assert isinstance(found, Changed)
    assert [reason.rule for reason in found.decision.reasons] == ["caller-unknown"]


def test_a_system_has_the_company_that_it_has_now(bundle: Bundle, past: PastDecision) -> None:
    """Whoever moves a system to another company sees what that system loses."""
    policy = bundle.policies["receipts-east"]
    permit = msgspec.structs.replace(
        policy.permit[0], systems=frozenset(), companies=frozenset({"example-east"})
    )
    policies = {"receipts-east": msgspec.structs.replace(policy, permit=(permit,))}
    by_company = replace(bundle, policies=policies)
    assert isinstance(replaying(by_company).replay(past), Same)
    tms = System(name="tms", company="example-group")
    moved = replace(by_company, systems={**bundle.systems, "tms": tms})
    assert isinstance(replaying(moved).replay(past), Changed)


def test_a_person_has_the_posts_that_it_held_then(
    bundle: Bundle, past: PastDecision, facts: DocumentFacts
) -> None:
    policy = bundle.policies["receipts-east"]
    permit = msgspec.structs.replace(
        policy.permit[0], systems=frozenset(), posts=frozenset({"desk"})
    )
    li = Person(
        name="li",
        title="李",
        company="example-east",
        posts=(Holding(post="desk", from_day=date(2026, 1, 1)),),
    )
    by_post = replace(
        bundle,
        posts={"desk": Post(name="desk", company="example-east", title="岗")},
        persons={"li": li},
        policies={"receipts-east": msgspec.structs.replace(policy, permit=(permit,))},
    )
    caller = Caller(
        system="person:li", person="li", company="example-east", posts=frozenset({"desk"})
    )
    asked = past_of(by_post, msgspec.structs.replace(past.request, caller=caller), facts)
    assert isinstance(replaying(by_post).replay(asked), Same)
    holding = Holding(post="desk", from_day=date(2026, 1, 1), until_day=date(2026, 11, 22))
    gone = replace(by_post, persons={"li": msgspec.structs.replace(li, posts=(holding,))})
    assert isinstance(replaying(gone).replay(asked), Changed)


def test_what_something_else_refused_is_not_decided_again(
    bundle: Bundle, past: PastDecision
) -> None:
    stopped = msgspec.structs.replace(past, stopped=True)
    assert replaying(bundle).replay(stopped) == Undecidable(why="stopped")


def test_a_document_that_was_never_read_can_only_be_refused_again(
    bundle: Bundle, past: PastDecision
) -> None:
    unread = msgspec.structs.replace(past, facts=None)
    assert replaying(bundle).replay(unread) == Undecidable(why="unread")
    seals = {
        name: msgspec.structs.replace(seal, state="frozen") for name, seal in bundle.seals.items()
    }
    assert past.facts is not None
    frozen = CELPolicyEngine(replace(bundle, seals=seals)).decide(past.request, past.facts, at=AT)
    refused = msgspec.structs.replace(unread, decision=frozen)
    assert isinstance(replaying(replace(bundle, seals=seals)).replay(refused), Same)


class CuriousCase:
    """A case that asks for content and for a counter; decides as the real one."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self.request = case.request
        self.is_by_a_stranger = case.is_by_a_stranger
        self.screen = case.screen
        self.likely_placement = case.likely_placement
        self.decide = case.decide
        self.nearest = case.nearest

    def asks(self) -> frozenset[Fact]:
        return frozenset({"amounts", "text"})

    def reads(self, at: datetime) -> tuple[CounterRead, ...]:
        start = int(at.timestamp())
        counter = "seal:receipt-east"
        return (
            CounterRead(name="used.seal_day", counter=counter, starts_at=start, ends_at=start + 9),
        )


class CuriousEngine:
    """Implements `PolicyEngine` for rules that ask for content and counters."""

    def __init__(self, bundle: Bundle) -> None:
        self._engine = CELPolicyEngine(bundle)
        self.bundle_digest = bundle.digest

    def case(self, request: SealRequest) -> Case:
        return CuriousCase(self._engine.case(request))


def test_what_nobody_looked_for_then_cannot_be_told_now(bundle: Bundle, past: PastDecision) -> None:
    curious = Replaying(bundle, CuriousEngine(bundle))
    assert curious.replay(past) == Undecidable(why="facts", missing=("doc.amounts", "doc.text"))
    content = ContentFacts(asked=frozenset({"text", "amounts", "parties"}))
    assert past.facts is not None
    looked = msgspec.structs.replace(
        past, facts=msgspec.structs.replace(past.facts, content=content)
    )
    assert curious.replay(looked) == Undecidable(why="counters", missing=("used.seal_day",))
    counted = msgspec.structs.replace(looked, known=Known(used={"used.seal_day": 3}))
    assert isinstance(curious.replay(counted), Same)


def test_a_simulation_counts_by_rules_and_has_examples(bundle: Bundle, past: PastDecision) -> None:
    policy = bundle.policies["receipts-east"]
    narrowed = tuple(
        msgspec.structs.replace(rule, when="doc.attributes.amount_cents > 100")
        for rule in policy.permit
    )
    policies = {"receipts-east": msgspec.structs.replace(policy, permit=narrowed)}
    pasts = [msgspec.structs.replace(past, record=record) for record in range(9)]
    pasts.append(msgspec.structs.replace(past, stopped=True))
    found = simulate(replaying(replace(bundle, policies=policies)), pasts)
    assert (found.total, found.same) == (10, 0)
    (changed,) = found.changed
    assert (changed.before, changed.after, changed.count) == ("allowed", "denied", 9)
    assert changed.rules_before == ("receipts-east/tms-automatic",)
    assert changed.rules_after == ("default",)
    assert [example.record for example in changed.examples] == [0, 1, 2, 3, 4]
    assert "amount_cents > 100" in changed.examples[0].message
    assert [(each.why, each.count) for each in found.undecidable] == [("stopped", 1)]
