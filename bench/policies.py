"""`python -m bench.policies`: the policy engine alone, over the policies of a large group."""

import gc
import time
from typing import Final

import msgspec
from rich.console import Console

from bench.errors import BenchError
from bench.figures import percentile
from bench.policy_group import AT, Asked, Expected, asked, group_of
from policies.engine import CELPolicyEngine
from policies.model import Allowed, Decision

_COMPANIES: Final = 1_000
_SEALS: Final = 5_000
_RULES: Final = 20_000
_DECISIONS: Final = 50_000


class PolicyFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What the engine takes.

    Attributes:
        companies: of the group.
        seals: of all companies.
        rules: permits and forbids of all policies.
        engine_s: from the bundle's objects until the engine is ready, conditions compiled.
        decisions: how many were timed, each for another seal than the one before.
        decision_p50_us: of one decision, from the request to the answer.
        decision_p99_us: the same, of the slowest hundredth.
    """

    companies: int
    seals: int
    rules: int
    engine_s: float
    decisions: int
    decision_p50_us: float
    decision_p99_us: float


def measure_policies(
    *,
    companies: int = _COMPANIES,
    seals: int = _SEALS,
    rules: int = _RULES,
    decisions: int = _DECISIONS,
) -> PolicyFigures:
    """Build the engine, and ask it.

    Raises:
        BenchError: an answer is not the one that the request was made for.
    """
    bundle = group_of(companies=companies, seals=seals, rules=rules)
    requests = list(asked(bundle, decisions))
    began = time.perf_counter()
    engine = CELPolicyEngine(bundle)
    engine_s = time.perf_counter() - began
    # As the gateway does when its policies are loaded: what stays is not looked through again.
    gc.collect()
    gc.freeze()
    try:
        took = [timed(engine, each) for each in requests]
    finally:
        gc.unfreeze()
    return PolicyFigures(
        companies=len(bundle.companies),
        seals=len(bundle.seals),
        rules=sum(len(each.permit) + len(each.forbid) for each in bundle.policies.values()),
        engine_s=round(engine_s, 2),
        decisions=len(took),
        decision_p50_us=round(percentile(took, 50) / 1000, 1),
        decision_p99_us=round(percentile(took, 99) / 1000, 1),
    )


def told(figures: PolicyFigures) -> str:
    """The figures in a line."""
    return (
        f"Policies of {figures.companies:,} companies, {figures.seals:,} seals, "
        f"{figures.rules:,} rules: the engine is ready in {figures.engine_s:.2f} s; a decision "
        f"takes {figures.decision_p50_us:.0f} us, p99 {figures.decision_p99_us:.0f} us "
        f"({figures.decisions:,} decisions)"
    )


def timed(engine: CELPolicyEngine, each: Asked) -> int:
    """Nanoseconds that one decision takes.

    Raises:
        BenchError: it is not the intended one.
    """
    began = time.perf_counter_ns()
    decision = engine.decide(each.request, each.facts, at=AT)
    took = time.perf_counter_ns() - began
    if _outcome(decision) != each.expected:
        raise BenchError(f"{each.request.business_number} is decided otherwise: {decision}")
    return took


def _outcome(decision: Decision) -> Expected:
    if isinstance(decision, Allowed):
        return "allowed"
    return "default" if decision.reasons[0].rule == "default" else "denied"


if __name__ == "__main__":
    Console(highlight=False).print(told(measure_policies()), soft_wrap=True)
