"""Rules under their full names, which of them cover a request, and whether one applies."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import chain
from operator import attrgetter
from typing import Final, Generic, Literal, TypeVar
from zoneinfo import ZoneInfo

from policies.conditions.variables import COUNTERS, named_in
from policies.conditions.windows import Unit, current_window
from policies.deciding.group import Group
from policies.deciding.named_rules import NamedRule
from policies.deciding.programs import Asking, ForbidProgram, Named, programs_of
from policies.deciding.scopes import Coverage, ScopeIndex
from policies.deciding.shared_keys import SharedKeys
from policies.errors import ConditionError
from policies.interfaces import Situation
from policies.model import Caller, Charge
from policies.objects.rules import ForbidRule, PermitRule, SealPolicy
from policies.objects.seals import Seal

Applies = Literal["applies", "other-caller", "condition-false", "error"]
CallerName = tuple[str, str]
RuleT = TypeVar("RuleT", PermitRule, ForbidRule)


@dataclass(frozen=True, slots=True)
class RuleAnswer:
    """What one rule says to one request; `error` is the engine's message for outcome `error`."""

    outcome: Applies
    error: str = ""


class CallerIndex(Generic[RuleT]):
    """Rules that name callers, found by one of the names that they give.

    A rule is kept under its systems, or else its companies, posts or roles; `concerns` has the last
    word. A rule that names nobody is not in it.
    """

    def __init__(self, rules: Iterable[NamedRule[RuleT]]) -> None:
        self._found: dict[CallerName, list[NamedRule[RuleT]]] = {}
        for named in rules:
            for key in _named_callers(named.rule):
                self._found.setdefault(key, []).append(named)

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._found)

    def concerning(self, caller: Caller, names: Iterable[CallerName]) -> Iterable[NamedRule[RuleT]]:
        """The rules for this caller, each once; `names` are all of the caller's."""
        found: dict[str, NamedRule[RuleT]] = {}
        for name in names:
            for named in self._found.get(name, ()):
                if concerns(named.rule, caller):
                    found[named.name] = named
        return found.values()


class Block:
    """All rules of the same seals and document types, whatever policies they come from."""

    def __init__(
        self,
        permits: Iterable[NamedRule[PermitRule]],
        forbids: Iterable[NamedRule[ForbidRule]],
    ) -> None:
        self.permits = tuple(permits)
        self.forbids = tuple(forbids)
        for_everybody = [named for named in self.forbids if not _names_callers(named.rule)]
        self.unconditional = tuple(named for named in for_everybody if named.rule.when is None)
        self.programs: tuple[ForbidProgram, ...] = programs_of(
            named for named in for_everybody if named.rule.when is not None
        )
        self.permits_by_caller = CallerIndex(self.permits)
        self.forbids_by_caller = CallerIndex(self.forbids)


class Concerning:
    """The rules for one caller, one seal and one document type.

    Attributes:
        permits: sorted by policy name and rule id.
        forbids: which are asked one by one.
        programs: the others, which are asked together.
        names: the variables that all of their conditions speak of.
        calendars: the time zones in which counters are read, and which are read in each.
    """

    __slots__ = ("calendars", "forbids", "names", "permits", "programs")

    def __init__(
        self,
        *,
        permits: Iterable[NamedRule[PermitRule]],
        forbids: Iterable[NamedRule[ForbidRule]],
        programs: Iterable[ForbidProgram],
    ) -> None:
        self.permits = _sorted(permits)
        self.forbids = tuple(forbids)
        self.programs = tuple(programs)
        asked: tuple[Asking, ...] = (*self.permits, *self.forbids, *self.programs)
        self.names = frozenset[str]().union(*[each.names for each in asked])
        self.calendars = tuple((each.zone, each.counters) for each in asked if each.counters)


class Covering:
    """The rules that speak of a seal and a document type.

    What they say to everybody is found here, so that a caller's first request finds only its own.
    """

    def __init__(self, blocks: tuple[Block, ...]) -> None:
        self._blocks = blocks
        self._unconditional = tuple(named for each in blocks for named in each.unconditional)
        self._programs = tuple(program for each in blocks for program in each.programs)
        self._permits_by_caller = [each.permits_by_caller for each in blocks if each.permits]
        self._forbids_by_caller = [
            each.forbids_by_caller for each in blocks if each.forbids_by_caller
        ]
        self._concerning: dict[Caller, Concerning] = {}

    @cached_property
    def permits(self) -> tuple[NamedRule[PermitRule], ...]:
        """All of them, sorted by policy name and rule id."""
        return _sorted(named for block in self._blocks for named in block.permits)

    @cached_property
    def forbids(self) -> tuple[NamedRule[ForbidRule], ...]:
        """All of them, sorted by policy name and rule id."""
        return _sorted(named for block in self._blocks for named in block.forbids)

    @cached_property
    def names(self) -> frozenset[str]:
        """The variables that their conditions speak of."""
        return frozenset().union(
            *(named.names for named in self.permits), *(named.names for named in self.forbids)
        )

    def concerning(self, caller: Caller) -> Concerning:
        """What is left of them for one caller; as many are kept as there are callers who ask."""
        found = self._concerning.get(caller)
        if found is None:
            found = self._concerning[caller] = self._for(caller)
        return found

    def _for(self, caller: Caller) -> Concerning:
        names = _names_of(caller)
        own = (index.concerning(caller, names) for index in self._forbids_by_caller)
        return Concerning(
            permits=chain.from_iterable(
                index.concerning(caller, names) for index in self._permits_by_caller
            ),
            forbids=(*self._unconditional, *chain.from_iterable(own)),
            programs=self._programs,
        )


class RuleBook:
    """All rules of a bundle, found by seal and document type.

    What covers a pair on which something is permitted is found when the book is made: nobody waits
    for it then.
    """

    def __init__(
        self, policies: Mapping[str, SealPolicy], *, seals: Mapping[str, Seal], group: Group
    ) -> None:
        self._seals = seals
        self._group = group
        self._shared = SharedKeys(seals)
        self._blocks = _blocks(policies, self._shared)
        self._index = ScopeIndex(self._blocks, group)
        self._covering = {
            (seal.name, document_type): Covering(self._index.covering(seal, document_type))
            for seal in seals.values()
            for document_type in self._index.types_of(seal, _permits_something)
        }

    @property
    def conditions(self) -> Iterator[str]:
        """The conditions of all rules."""
        for block in self._blocks.values():
            rules: tuple[Named, ...] = (*block.permits, *block.forbids)
            yield from (named.rule.when for named in rules if named.rule.when is not None)

    @property
    def programs(self) -> Iterator[ForbidProgram]:
        """The forbids that are asked together."""
        for block in self._blocks.values():
            yield from block.programs

    def of_one_key(self, seal: str) -> frozenset[str]:
        """See `SharedKeys.of`."""
        return self._shared.of(seal)

    def is_stranger(self, caller: Caller, seal: str) -> bool:
        """Whether the caller has nothing to do with the seal; see `Case.is_by_a_stranger`."""
        found = self._seals.get(seal)
        if found is None:
            return True
        if caller.company in (found.company, *self._group.above(found.company)):
            return False
        return not (
            self._index.types_of(
                found, lambda block: any(concerns(named.rule, caller) for named in block.permits)
            )
        )

    def covering(self, seal: str, document_type: str) -> Covering:
        """The rules for this pair; none for a seal that is unknown."""
        found = self._covering.get((seal, document_type))
        if found is not None:
            return found
        if seal not in self._seals:
            return _NOTHING
        # Not kept: callers may name document types without end.
        return Covering(self._index.covering(self._seals[seal], document_type))


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


def weigh(rule: PermitRule | ForbidRule, caller: Caller, situation: Situation) -> RuleAnswer:
    """Whether the rule applies."""
    return asked(rule, situation) if concerns(rule, caller) else _OTHER_CALLER


def asked(rule: PermitRule | ForbidRule, situation: Situation) -> RuleAnswer:
    """Whether a rule applies that is for this caller."""
    if rule.when is None:
        return _APPLIES
    try:
        return _APPLIES if situation.holds(rule.when) else _CONDITION_FALSE
    except ConditionError as error:
        return RuleAnswer("error", str(error))


def charges_of(named: NamedRule[PermitRule], at: datetime) -> tuple[Charge, ...]:
    """What one use of the rule counts against, in the calendar of its policy's time zone."""
    limits = named.rule.limits
    units: tuple[tuple[Unit, int | None], ...] = (
        ("hour", limits.per_hour),
        ("day", limits.per_day),
        ("month", limits.per_month),
    )
    return tuple(_charge(named, at, unit, limit) for unit, limit in units if limit is not None)


def counter_of(named: NamedRule[PermitRule]) -> str:
    """What a use of the rule counts for, whether or not the rule has a limit now."""
    return f"rule:{named.name}"


def _charge(named: NamedRule[PermitRule], at: datetime, unit: Unit, limit: int) -> Charge:
    starts_at, ends_at = current_window(at, named.zone, unit)
    return Charge(
        rule=named.name,
        counter=counter_of(named),
        starts_at=starts_at,
        ends_at=ends_at,
        limit=limit,
        window=at.astimezone(named.zone).isoformat()[: _TOLD[unit]],
    )


# 2026-11-22T14:05:00+08:00: the month is seven characters, the day ten, the hour thirteen.
_TOLD: Mapping[Unit, int] = {"month": 7, "day": 10, "hour": 13}
_APPLIES: Final = RuleAnswer("applies")
_OTHER_CALLER: Final = RuleAnswer("other-caller")
_CONDITION_FALSE: Final = RuleAnswer("condition-false")
_NOTHING: Final = Covering(())


def _blocks(policies: Mapping[str, SealPolicy], shared: SharedKeys) -> dict[Coverage, Block]:
    permits: dict[Coverage, list[NamedRule[PermitRule]]] = {}
    forbids: dict[Coverage, list[NamedRule[ForbidRule]]] = {}
    # Sorted once, so that the order in which files and rules were written cannot matter.
    for name in sorted(policies):
        policy = policies[name]
        coverage = Coverage.of(policy)
        permits.setdefault(coverage, []).extend(_named(policy, policy.permit))
        forbids.setdefault(coverage.with_shared_keys(shared), []).extend(
            _named(policy, policy.forbid)
        )
    return {
        coverage: Block(permits.get(coverage, ()), forbids.get(coverage, ()))
        for coverage in {**permits, **forbids}
    }


def _named(policy: SealPolicy, rules: tuple[RuleT, ...]) -> Iterator[NamedRule[RuleT]]:
    zone = ZoneInfo(policy.time_zone)
    for rule in sorted(rules, key=lambda each: each.id):
        names = frozenset[str]() if rule.when is None else named_in(rule.when)
        yield NamedRule(
            name=f"{policy.name}/{rule.id}",
            rule=rule,
            zone=zone,
            names=names,
            counters=names & COUNTERS.keys(),
        )


def _sorted(rules: Iterable[NamedRule[RuleT]]) -> tuple[NamedRule[RuleT], ...]:
    return tuple(sorted(rules, key=attrgetter("name")))


def _permits_something(block: Block) -> bool:
    return bool(block.permits)


def _names_callers(rule: ForbidRule) -> bool:
    return bool(rule.systems or rule.roles or rule.companies)


def _named_callers(rule: PermitRule | ForbidRule) -> Iterator[CallerName]:
    posts = rule.posts if isinstance(rule, PermitRule) else frozenset[str]()
    for kind, names in (
        ("system", rule.systems),
        ("company", rule.companies),
        ("post", posts),
        ("role", rule.roles),
    ):
        if names:
            yield from ((kind, name) for name in names)
            return


def _names_of(caller: Caller) -> tuple[CallerName, ...]:
    return (
        ("system", caller.system),
        ("company", caller.company),
        *(("post", post) for post in caller.held_posts),
        *(("role", role) for role in caller.roles),
    )
