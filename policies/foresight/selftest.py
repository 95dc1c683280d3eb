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

from policies.bundle import Bundle, PolicyTest
from policies.conditions.counters import without_zone
from policies.deciding.telling import Explanation
from policies.deciding.verdicts import verdict_of
from policies.engine import CELPolicyEngine
from policies.model import Decision, Denied, Known
from policies.reading.imagining import Imagined

_DAYS: Final = 365
"""For which a seal's certificate is valid in tests that do not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfTestFailure:
    """A test with another answer than expected.

    Attributes:
        policy: the name of the policy that carries the test.
        position: of the test within the policy's tests, from 0.
        test: its name.
        expected: e.g. `allowed by receipts-east/tms-automatic`.
        got: the decision, the rules that decided and why.
    """

    policy: str
    position: int
    test: str
    expected: str
    got: str


def failures(bundle: Bundle) -> Iterator[SelfTestFailure]:
    """The failing tests; none when the policies do what their authors say."""
    engine = CELPolicyEngine(thawed(bundle))
    for policy in bundle.policies.values():
        for position, test in enumerate(policy.tests):
            known = known_to(test, engine)
            decision = engine.decide(test.request, test.facts, at=test.at, known=known)
            if not _is_as_expected(test, decision, engine):
                yield SelfTestFailure(
                    policy=policy.name,
                    position=position,
                    test=test.name,
                    expected=test.expect + (f" by {test.rule}" if test.rule else ""),
                    got=_told(engine.explain(test.request, test.facts, at=test.at, known=known)),
                )


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


def _is_as_expected(test: PolicyTest, decision: Decision, engine: CELPolicyEngine) -> bool:
    if verdict_of(decision) != test.expect:
        return False
    deciding = {reason.rule for reason in decision.reasons}
    if test.rule is not None:
        return test.rule in deciding
    if not isinstance(decision, Denied):
        return True
    # A denial for a reason that the test does not name would let a slip in the test, such as a
    # forgotten attribute, or an error in a condition pass for proof that a rule works.
    known = known_to(test, engine)
    findings = engine.explain(test.request, test.facts, at=test.at, known=known).findings
    erring = {finding.rule for finding in findings if finding.outcome == "error"}
    rules = {finding.rule for finding in findings} | {"default"}
    return deciding <= rules and not deciding & erring


def _told(explained: Explanation) -> str:
    decision = explained.decision
    reasons = (*decision.reasons, *explained.nearest)
    told = "; ".join(f"{reason.rule}: {reason.message}" for reason in reasons)
    return f"{verdict_of(decision)} by {told}"
