"""Rules that can never decide, and rules that stand against one another."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from policies.bundle import Bundle
from policies.conditions.implications import always, never
from policies.deciding.named_rules import NamedRule
from policies.deciding.rules import Covering
from policies.foresight.notes import Code, Level, Note, listed
from policies.foresight.reach import Audience, Reach, follows
from policies.objects.rules import ForbidRule, PermitRule, SealPolicy

Place = tuple[SealPolicy, str, int]
"""A rule's policy, `permit` or `forbid`, and which of them it is."""


@dataclass(slots=True)
class _Fate:
    """What becomes of a permit, over all seals and types that it covers.

    Attributes:
        hoped: by whom it could be used, if no other rule were there.
        left: who is left beside the forbids.
        chosen: for whom it may decide: no other permit surely does.
        forbidden: by each forbid, who is surely refused.
        instead: the permits that decide instead.
        seals: where forbids take somebody away.
    """

    hoped: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    chosen: set[str] = field(default_factory=set)
    forbidden: dict[str, set[str]] = field(default_factory=dict)
    instead: set[str] = field(default_factory=set)
    seals: set[str] = field(default_factory=set)


def rule_notes(reach: Reach) -> Iterator[Note]:
    """One note a rule at most, but for a condition that need not be there."""
    fates = _fates(reach)
    for policy in reach.bundle.policies.values():
        for position, permit in enumerate(policy.permit):
            place: Place = (policy, "permit", position)
            yield from _permit_notes(place, permit, fates.get(f"{policy.name}/{permit.id}"))
        for position, forbid in enumerate(policy.forbid):
            yield from _forbid_notes((policy, "forbid", position), forbid, reach)


def _fates(reach: Reach) -> Mapping[str, _Fate]:
    fates: dict[str, _Fate] = {}
    for covering, pairs in reach.groups():
        for named in covering.permits:
            fate = fates.setdefault(named.name, _Fate())
            left = reach.left(named, covering)
            instead = _decided_by_others(named, covering, reach)
            met = reach.against(named, covering)
            fate.hoped |= reach.audience(named)
            fate.left |= left
            fate.chosen |= left.difference(*instead.values())
            fate.instead.update(instead)
            for forbid, audience in met.items():
                fate.forbidden.setdefault(forbid, set()).update(audience)
            if met:
                fate.seals.update(seal for seal, _ in pairs)
    return fates


def _decided_by_others(
    named: NamedRule[PermitRule], covering: Covering, reach: Reach
) -> Mapping[str, Audience]:
    """The permits that are chosen before this one whenever it applies, each with for whom."""
    own = reach.audience(named)
    before = {
        other.name: own & reach.audience(other)
        for other in covering.permits
        if _comes_first(other, named, reach.bundle) and follows(named, other)
    }
    return {name: audience for name, audience in before.items() if audience}


def _comes_first(
    other: NamedRule[PermitRule], named: NamedRule[PermitRule], bundle: Bundle
) -> bool:
    """Whether the other decides whenever both apply."""
    if other.rule.approvals == named.rule.approvals:
        return other.name < named.name
    # Where a system may need a grant and has none, the rules with approvals are asked all the same.
    return other.rule.approvals is None and bundle.governance is None


def _permit_notes(place: Place, rule: PermitRule, fate: _Fate | None) -> Iterator[Note]:
    if fate is None:
        yield _note(
            place,
            "warning",
            "on-nothing",
            "the rule covers no seal: none fits what it says",
            "correct `seals:` of the policy",
        )
    elif not fate.hoped:
        yield _note(
            place,
            "warning",
            "for-nobody",
            "the rule is for nobody: no system and no post has all that it names",
            "correct whom it names, or give a system or a post the role",
        )
    elif never(rule.when):
        yield _never_true(place)
    elif not fate.left:
        yield _note(
            place,
            "warning",
            "always-forbidden",
            f"the rule permits nothing: whenever it applies, {listed(set(fate.forbidden))} "
            "forbids it",
            "remove one of the two, or have the forbid leave out what is meant here",
        )
    elif not fate.chosen:
        yield _note(
            place,
            "warning",
            "never-chosen",
            f"the rule never decides: whenever it applies, {listed(fate.instead)} does, and comes "
            "first",
            "narrow the other rule's condition or callers, or remove this one",
        )
    elif fate.forbidden:
        yield _partly_forbidden(place, fate)
    if rule.when is not None and always(rule.when):
        yield _always_true(place)


def _forbid_notes(place: Place, rule: ForbidRule, reach: Reach) -> Iterator[Note]:
    if never(rule.when):
        yield _never_true(place)
    elif not reach.concerned(rule) and (rule.systems or rule.roles or rule.companies):
        yield _note(
            place,
            "warning",
            "for-nobody",
            "the rule is for nobody: no system and no post has all that it names",
            "correct whom it names",
        )
    if rule.when is not None and always(rule.when):
        yield _always_true(place)


def _never_true(place: Place) -> Note:
    return _note(
        place,
        "warning",
        "never-true",
        "the condition is never true, so the rule never applies",
        "correct the condition, or remove the rule",
        key="when",
    )


def _always_true(place: Place) -> Note:
    return _note(
        place,
        "note",
        "always-true",
        "the condition is always true",
        "leave `when:` out",
        key="when",
    )


def _partly_forbidden(place: Place, fate: _Fate) -> Note:
    told = "; ".join(f"{name} for {listed(whom)}" for name, whom in sorted(fate.forbidden.items()))
    return _note(
        place,
        "note",
        "partly-forbidden",
        f"what the rule permits is forbidden in part, on {listed(fate.seals)}: {told}",
        "nothing, if that is meant: the forbid wins",
    )


def _note(
    place: Place, level: Level, code: Code, message: str, cure: str, *, key: str | None = None
) -> Note:
    policy, effect, position = place
    path = ("spec", effect, position) if key is None else ("spec", effect, position, key)
    return Note(
        level=level,
        code=code,
        kind="SealPolicy",
        name=policy.name,
        path=path,
        message=message,
        cure=cure,
    )
