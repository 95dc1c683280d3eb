"""A decision in a word, and by which rules."""

from typing import Literal

from policies.model import Allowed, Decision, Denied, NeedsApproval
from policies.reasons import DEFAULT

Verdict = Literal["allowed", "denied", "needs-approval"]


def verdict_of(decision: Decision) -> Verdict:
    """The decision in a word."""
    match decision:
        case Allowed():
            return "allowed"
        case Denied():
            return "denied"
        case NeedsApproval():
            return "needs-approval"


def deciding_rules(decision: Decision) -> tuple[str, ...]:
    """The names of the rules that decided; what follows `default` only says what was near."""
    rules = tuple(dict.fromkeys(reason.rule for reason in decision.reasons))
    return rules[:1] if rules[0] == DEFAULT else rules
