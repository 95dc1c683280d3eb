"""Runs the tests that policies carry, each against the whole bundle.

The whole bundle, because that is what will decide: a forbid for the group that breaks what a
company relies on shows up here. Only one thing is put aside: a frozen seal counts as active, or
nobody could freeze a seal without rewriting the tests of its policies.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import msgspec

from policies.bundle import Bundle
from policies.conditions.counters import without_zone
from policies.deciding.telling import Explanation
from policies.deciding.verdicts import verdict_of
from policies.engine import CELPolicyEngine
from policies.model import Decision, Denied, Known
from policies.objects.rules import PolicyTest
from policies.reading.imagining import Imagined
from policies.reasons import DEFAULT

_DAYS: Final = 365
"""For which a seal's certificate is valid in tests that do not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfTestResult:
    """What became of one test.

    Attributes:
        policy: the name of the policy that carries it.
        position: of the test within the policy's tests, from 0.
        test: the test.
        decision: what is decided.
        failure: None, or what it expects and what it is instead, by which rules and why, such as
            `expects allowed by receipts-east/tms-automatic, but it is denied by …`.
    """

    policy: str
    position: int
    test: PolicyTest
    decision: Decision
    failure: str | None


def results(bundle: Bundle) -> Iterator[SelfTestResult]:
    """Every test, each decided once."""
    engine = CELPolicyEngine(thawed(bundle))
    for policy in bundle.policies.values():
        for position, test in enumerate(policy.tests):
            known = known_to(test, engine)
            decision = engine.decide(test.request, test.facts, at=test.at, known=known)
            yield SelfTestResult(
                policy=policy.name,
                position=position,
                test=test,
                decision=decision,
                failure=_failure(test, decision, known, engine),
            )


def failures(bundle: Bundle) -> Iterator[SelfTestResult]:
    """The failing tests; none when the policies do what their authors say."""
    return (result for result in results(bundle) if result.failure is not None)


def thawed(bundle: Bundle) -> Bundle:
    """The bundle as tests see it."""
    seals = {
        name: msgspec.structs.replace(seal, state="active", frozen_reason=None)
        for name, seal in bundle.seals.items()
    }
    return replace(bundle, seals=MappingProxyType(seals))


def known_to(imagined: PolicyTest | Imagined, engine: CELPolicyEngine) -> Known:
    """What is known then: what it says, no other uses, and a certificate of a year."""
    said = imagined.known
    reads = engine.case(imagined.request).reads(imagined.at)
    days = said.certificate_days
    return msgspec.structs.replace(
        said,
        used={read.name: said.used.get(without_zone(read.name), 0) for read in reads},
        certificate_days=_DAYS if days is None else days,
    )


def _failure(
    test: PolicyTest, decision: Decision, known: Known, engine: CELPolicyEngine
) -> str | None:
    deciding = {reason.rule for reason in decision.reasons}
    fits = verdict_of(decision) == test.expect and (test.rule is None or test.rule in deciding)
    if fits and (test.rule is not None or not isinstance(decision, Denied)):
        return None
    explained = engine.explain(test.request, test.facts, at=test.at, known=known)
    if fits and _is_a_rules(deciding, explained):
        return None
    expected = test.expect + (f" by {test.rule}" if test.rule else "")
    return f"expects {expected}, but it is {_told(explained)}"


def _is_a_rules(deciding: set[str], explained: Explanation) -> bool:
    # A denial for a reason that the test does not name would let a slip in the test, such as a
    # forgotten attribute, or an error in a condition pass for proof that a rule works.
    erring = {finding.rule for finding in explained.findings if finding.outcome == "error"}
    rules = {finding.rule for finding in explained.findings} | {DEFAULT}
    return deciding <= rules and not deciding & erring


def _told(explained: Explanation) -> str:
    decision = explained.decision
    reasons = (*decision.reasons, *explained.nearest)
    told = "; ".join(f"{reason.rule}: {reason.message}" for reason in reasons)
    return f"{verdict_of(decision)} by {told}"
