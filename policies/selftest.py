"""Runs the tests that policies carry, each against the whole bundle.

The whole bundle, because that is what will decide: a forbid for the group that breaks what a
company relies on shows up here. Only one thing is put aside: a frozen seal counts as active, or
nobody could freeze a seal without rewriting the tests of its policies.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import MappingProxyType

import msgspec

from policies.bundle import Bundle, PolicyTest
from policies.engine import CELPolicyEngine
from policies.model import Allowed, Decision, Denied, NeedsApproval, Reason


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
    engine = CELPolicyEngine(_thawed(bundle))
    for policy in bundle.policies.values():
        for position, test in enumerate(policy.tests):
            decision = engine.decide(test.request, test.facts, at=test.at, known=test.known)
            if not _is_as_expected(test, decision, engine):
                yield SelfTestFailure(
                    policy=policy.name,
                    position=position,
                    test=test.name,
                    expected=test.expect + (f" by {test.rule}" if test.rule else ""),
                    got=_told(decision),
                )


def _thawed(bundle: Bundle) -> Bundle:
    seals = {
        name: msgspec.structs.replace(seal, state="active", frozen_reason=None)
        for name, seal in bundle.seals.items()
    }
    return replace(bundle, seals=MappingProxyType(seals))


def _is_as_expected(test: PolicyTest, decision: Decision, engine: CELPolicyEngine) -> bool:
    if _word(decision) != test.expect:
        return False
    deciding = {reason.rule for reason in _deciding(decision)}
    if test.rule is not None:
        return test.rule in deciding
    if not isinstance(decision, Denied):
        return True
    # A denial for a reason that the test does not name would let a slip in the test, such as a
    # forgotten attribute, or an error in a condition pass for proof that a rule works.
    findings = engine.explain(test.request, test.facts, at=test.at).findings
    erring = {finding.rule for finding in findings if finding.outcome == "error"}
    rules = {finding.rule for finding in findings} | {"default"}
    return deciding <= rules and not deciding & erring


def _word(decision: Decision) -> str:
    match decision:
        case Allowed():
            return "allowed"
        case Denied():
            return "denied"
        case NeedsApproval():
            return "needs-approval"


def _deciding(decision: Decision) -> tuple[Reason, ...]:
    # What follows `default` is a hint about permits that did not apply.
    first = decision.reasons[0]
    return (first,) if first.rule == "default" else decision.reasons


def _told(decision: Decision) -> str:
    reasons = "; ".join(f"{reason.rule}: {reason.message}" for reason in decision.reasons)
    return f"{_word(decision)} by {reasons}"
