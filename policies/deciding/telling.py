"""Why a rule did or did not apply, in words that tell the caller what to change."""

import json
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from policies.conditions.expressions import conjuncts, variables_in
from policies.deciding.programs import Named
from policies.deciding.rules import Applies, RuleAnswer
from policies.deciding.situations import Situations
from policies.errors import ConditionError
from policies.interfaces import Situation
from policies.model import Caller, Decision, Reason, Stage
from policies.objects.rules import ForbidRule, PermitRule

_SHOWN = 80
"""Longest value in an explanation, in characters."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule says to one request."""

    rule: str
    effect: Literal["permit", "forbid"]
    outcome: Applies
    message: str


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """A decision and every rule that speaks of this seal and document type, applying or not.

    `nearest`: the permits that did not apply, the one with the least to change first.
    """

    decision: Decision
    findings: tuple[Finding, ...]
    nearest: tuple[Reason, ...] = ()


class Teller:
    """Puts answers on one request into words."""

    def __init__(self, *, caller: Caller, situations: Situations) -> None:
        self._caller = caller
        self._situations = situations
        self._false_parts_of: dict[str, tuple[str, ...]] = {}

    def finding(self, named: Named, answer: RuleAnswer) -> Finding:
        """The answer with its reason."""
        effect: Literal["permit", "forbid"] = (
            "permit" if isinstance(named.rule, PermitRule) else "forbid"
        )
        return Finding(
            rule=named.name,
            effect=effect,
            outcome=answer.outcome,
            message=self._message(named, answer),
        )

    def _message(self, named: Named, answer: RuleAnswer) -> str:
        rule = named.rule
        match answer.outcome:
            case "applies":
                return permission(rule) if isinstance(rule, PermitRule) else _forbidden(rule)
            case "other-caller":
                return not_for(rule, self._caller)
            case "condition-false":
                return self._false(named)
            case "error":
                return f"the condition has no answer: {answer.error}: {rule.when}"

    def distance(self, named: Named, answer: RuleAnswer) -> tuple[bool, int, bool]:
        """Sorts rules that did not apply: those for this caller first, least to change first.

        Of two that are as near, the one that needs no people is nearer.
        """
        rule = named.rule
        waits = isinstance(rule, PermitRule) and rule.approvals is not None
        return answer.outcome == "other-caller", len(self._false_parts(named)), waits

    def _false_parts(self, named: Named) -> tuple[str, ...]:
        # The && parts of a false condition that are false by themselves. Asked twice for each
        # rule that is told: once to sort, once to tell.
        if named.name not in self._false_parts_of:
            situation = self._situations.of(named)
            self._false_parts_of[named.name] = tuple(
                part
                for part in conjuncts(named.rule.when or "")
                if part and _is_false(part, situation)
            )
        return self._false_parts_of[named.name]

    def _false(self, named: Named) -> str:
        parts = self._false_parts(named) or (named.rule.when or "",)
        variables = self._situations.variables(named)
        told = " and ".join(f"{part}{_values(part, variables)}" for part in parts)
        return f"the condition is false: {told}"


def _is_false(part: str, situation: Situation) -> bool:
    try:
        return not situation.part_holds(part)
    except ConditionError:
        return False


def _values(part: str, variables: Mapping[str, object]) -> str:
    values = [f"{name} is {_value(name, variables)}" for name in variables_in(part)]
    return f" ({', '.join(values)})" if values else ""


def _value(name: str, variables: Mapping[str, object]) -> str:
    value = variables.get(name)
    for maps in ("doc.attributes", "doc.fields"):
        inner = variables.get(maps)
        if name.startswith(f"{maps}.") and isinstance(inner, Mapping):
            value = inner.get(name.removeprefix(f"{maps}."))
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
    return f"the rule is for {' and '.join(wanted)}; the caller is {_who(caller)}"


def _who(caller: Caller) -> str:
    roles = ", ".join(sorted(caller.roles)) or "none"
    if isinstance(caller.person, msgspec.UnsetType):
        return f"system {caller.system} of {caller.company} with roles {roles}"
    posts = ", ".join(sorted(caller.held_posts)) or "none"
    return f"{caller.person} of {caller.company} with posts {posts} and roles {roles}"


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
