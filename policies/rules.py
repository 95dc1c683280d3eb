"""Rules under their full names, which of them cover a request, and whether one applies."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Literal, TypeVar
from zoneinfo import ZoneInfo

from policies.bundle import ANY, ForbidRule, PermitRule, SealPolicy, SealScope
from policies.errors import ConditionError
from policies.interfaces import Situation
from policies.model import Caller, Charge
from policies.windows import Unit, window

Outcome = Literal["applies", "other-caller", "condition-false", "error"]
RuleT_co = TypeVar("RuleT_co", PermitRule, ForbidRule, covariant=True)
RuleT = TypeVar("RuleT", PermitRule, ForbidRule)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedRule(Generic[RuleT_co]):
    """A rule and the name that decisions give it: `policy/rule-id`."""

    name: str
    rule: RuleT_co
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule says to one request; `error` is the engine's message for outcome `error`."""

    outcome: Outcome
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Covering:
    """The rules that speak of a seal and a document type, sorted by policy name and rule id."""

    permits: tuple[NamedRule[PermitRule], ...]
    forbids: tuple[NamedRule[ForbidRule], ...]


class RuleBook:
    """All rules of a bundle, found by seal and document type."""

    def __init__(self, policies: Mapping[str, SealPolicy]) -> None:
        # Sorted once, so that the order in which files and rules were written cannot matter.
        ordered = [policies[name] for name in sorted(policies)]
        self._permits = _by_pair(ordered, lambda policy: policy.permit)
        self._forbids = _by_pair(ordered, lambda policy: policy.forbid)
        self._covering: dict[tuple[str, str], Covering] = {}

    def covering(self, seal: str, document_type: str) -> Covering:
        """The rules for this pair; only forbids can be for all seals or all types."""
        found = self._covering.get((seal, document_type))
        if found is None:
            found = self._put_together(seal, document_type)
            # Callers may name pairs without end; those that a policy names are few.
            if (seal, document_type) in self._permits:
                self._covering[seal, document_type] = found
        return found

    def _put_together(self, seal: str, document_type: str) -> Covering:
        forbids = tuple(
            rule
            for pair in ((seal, document_type), (seal, ANY), (ANY, document_type), (ANY, ANY))
            for rule in self._forbids.get(pair, ())
        )
        return Covering(
            permits=self._permits.get((seal, document_type), ()),
            forbids=tuple(sorted(forbids, key=lambda named: named.name)),
        )


def concerns(rule: PermitRule | ForbidRule, caller: Caller) -> bool:
    """Whether the rule is for this caller, conditions apart."""
    if rule.systems and caller.system not in rule.systems:
        return False
    if rule.roles and rule.roles.isdisjoint(caller.roles):
        return False
    if rule.companies and caller.company not in rule.companies:
        return False
    if isinstance(rule, ForbidRule):
        return True
    return not rule.posts or not rule.posts.isdisjoint(caller.held_posts)


def weigh(rule: PermitRule | ForbidRule, caller: Caller, situation: Situation) -> Verdict:
    """Whether the rule applies."""
    if not concerns(rule, caller):
        return _OTHER_CALLER
    if rule.when is None:
        return _APPLIES
    try:
        return _APPLIES if situation.holds(rule.when) else _CONDITION_FALSE
    except ConditionError as error:
        return Verdict("error", str(error))


def charges_of(named: NamedRule[PermitRule], at: datetime) -> tuple[Charge, ...]:
    """What one use of the rule counts against, in the calendar of its policy's time zone."""
    limits = named.rule.limits
    units: tuple[tuple[Unit, int | None], ...] = (
        ("hour", limits.per_hour),
        ("day", limits.per_day),
        ("month", limits.per_month),
    )
    return tuple(_charge(named, at, unit, limit) for unit, limit in units if limit is not None)


def _charge(named: NamedRule[PermitRule], at: datetime, unit: Unit, limit: int) -> Charge:
    starts_at, ends_at = window(at, named.zone, unit)
    return Charge(
        rule=named.name,
        counter=f"rule:{named.name}",
        starts_at=starts_at,
        ends_at=ends_at,
        limit=limit,
        window=at.astimezone(named.zone).isoformat()[: _TOLD[unit]],
    )


# 2026-11-22T14:05:00+08:00: the month is seven characters, the day ten, the hour thirteen.
_TOLD: Mapping[Unit, int] = {"month": 7, "day": 10, "hour": 13}
_APPLIES = Verdict("applies")
_OTHER_CALLER = Verdict("other-caller")
_CONDITION_FALSE = Verdict("condition-false")


def _by_pair(
    policies: list[SealPolicy], rules_of: Callable[[SealPolicy], tuple[RuleT, ...]]
) -> dict[tuple[str, str], tuple[NamedRule[RuleT], ...]]:
    found: dict[tuple[str, str], list[NamedRule[RuleT]]] = {}
    for policy in policies:
        named = [
            NamedRule(name=f"{policy.name}/{rule.id}", rule=rule, zone=ZoneInfo(policy.time_zone))
            for rule in sorted(rules_of(policy), key=lambda rule: rule.id)
        ]
        for pair in _pairs(policy):
            found.setdefault(pair, []).extend(named)
    return {pair: tuple(rules) for pair, rules in found.items()}


def _pairs(policy: SealPolicy) -> Iterator[tuple[str, str]]:
    if isinstance(policy.seals, SealScope):
        raise NotImplementedError(f"the scope of {policy.name} has no index yet")
    for seal in policy.seals:
        for document_type in policy.document_types:
            yield seal, document_type
