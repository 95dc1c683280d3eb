"""Why a rule did or did not apply, in words that tell the caller what to change."""

import json
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from policies.bundle import ForbidRule, PermitRule
from policies.errors import ConditionError
from policies.expressions import conjuncts, variables_in
from policies.interfaces import Situation
from policies.model import Caller, Decision, Reason, Stage
from policies.rules import NamedRule, Outcome, Verdict

_SHOWN = 80
"""Longest value in an explanation, in characters."""

Named = NamedRule[PermitRule] | NamedRule[ForbidRule]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule says to one request."""

    rule: str
    effect: Literal["permit", "forbid"]
    outcome: Outcome
    message: str


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """A decision and every rule that speaks of this seal and document type, applying or not."""

    decision: Decision
    findings: tuple[Finding, ...]


class Teller:
    """Puts verdicts on one request into words."""

    def __init__(
        self, *, caller: Caller, situation: Situation, variables: Mapping[str, object]
    ) -> None:
        self._caller = caller
        self._situation = situation
        self._variables = variables
        self._false_parts_of: dict[str, tuple[str, ...]] = {}

    def finding(self, named: Named, verdict: Verdict) -> Finding:
        """The verdict with its reason."""
        rule = named.rule
        effect: Literal["permit", "forbid"] = "permit" if isinstance(rule, PermitRule) else "forbid"
        return Finding(
            rule=named.name,
            effect=effect,
            outcome=verdict.outcome,
            message=self._message(rule, verdict),
        )

    def _message(self, rule: PermitRule | ForbidRule, verdict: Verdict) -> str:
        match verdict.outcome:
            case "applies":
                return permission(rule) if isinstance(rule, PermitRule) else _forbidden(rule)
            case "other-caller":
                return not_for(rule, self._caller)
            case "condition-false":
                return self._false(rule.when or "")
            case "error":
                return f"the condition has no answer: {verdict.error}: {rule.when}"

    def distance(self, named: Named, verdict: Verdict) -> tuple[bool, int]:
        """Sorts rules that did not apply: those for this caller first, least to change first."""
        return verdict.outcome == "other-caller", len(self._false_parts(named.rule.when or ""))

    def _false_parts(self, condition: str) -> tuple[str, ...]:
        # The && parts of a false condition that are false by themselves. Asked twice for each
        # rule that is told: once to sort, once to tell.
        if condition not in self._false_parts_of:
            self._false_parts_of[condition] = tuple(
                part for part in conjuncts(condition) if part and self._is_false(part)
            )
        return self._false_parts_of[condition]

    def _is_false(self, part: str) -> bool:
        try:
            return not self._situation.holds(part)
        except ConditionError:
            return False

    def _false(self, condition: str) -> str:
        parts = self._false_parts(condition) or (condition,)
        told = " and ".join(f"{part}{self._values(part)}" for part in parts)
        return f"the condition is false: {told}"

    def _values(self, part: str) -> str:
        values = [f"{name} is {self._value(name)}" for name in variables_in(part)]
        return f" ({', '.join(values)})" if values else ""

    def _value(self, name: str) -> str:
        attributes = self._variables["doc.attributes"]
        attribute = name.removeprefix("doc.attributes.")
        if attribute != name and isinstance(attributes, Mapping):
            value = attributes.get(attribute)
        else:
            value = self._variables.get(name)
        if value is None:
            return "missing"
        shown = json.dumps(value, ensure_ascii=False, default=str)
        return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"


def not_for(rule: PermitRule | ForbidRule, caller: Caller) -> str:
    """Who the rule is for, and who asks."""
    wanted = [
        f"{word} {', '.join(sorted(names))}"
        for word, names in (
            ("systems", rule.systems),
            ("roles", rule.roles),
            ("companies", rule.companies),
            ("posts", rule.posts if isinstance(rule, PermitRule) else frozenset()),
        )
        if names
    ]
    roles = ", ".join(sorted(caller.roles)) or "none"
    return (
        f"the rule is for {' and '.join(wanted)}; "
        f"the caller is system {caller.system} of {caller.company} with roles {roles}"
    )


def reason_of(finding: Finding) -> Reason:
    """The finding as a decision tells it."""
    return Reason(rule=finding.rule, message=finding.message)


def permission(rule: PermitRule) -> str:
    """What a permit says when it applies."""
    if rule.approvals is None:
        return "permitted"
    wanted = told_stages(rule.approvals.stages, in_order=rule.approvals.in_order)
    return f"permitted once approved by {wanted}, not by who asked"


def told_stages(stages: Iterable[Stage], *, in_order: bool) -> str:
    """How many of whom: `1 of head, then 2 of finance, legal`."""
    told = (f"{stage.count} of {', '.join(sorted(stage.roles))}" for stage in stages)
    return (", then " if in_order else " and ").join(told)


def _forbidden(rule: ForbidRule) -> str:
    return rule.message or f"forbidden: {rule.when or 'always'}"
