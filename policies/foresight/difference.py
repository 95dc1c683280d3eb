"""Who gains or loses what between two bundles: every principal, on every seal and document type.

No document is asked about; what is compared are the rules that a principal could meet, and what
else has a say. So where the two bundles decide a request differently, its principal, seal and
document type are named here; and what is named here may all the same be decided alike.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec

from policies.bundle import Bundle
from policies.deciding.rules import Covering
from policies.foresight.object_changes import Besides, Elsewhere, ObjectChange, object_changes
from policies.foresight.reach import Named, Pair, Reach, names_of
from policies.model import Placement
from policies.objects.rules import Approvals, Limits, PermitRule

Kind = Literal["gained", "lost", "changed"]


class Term(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """What one rule says to whoever meets it; for whom else it is does not matter here."""

    effect: Literal["permit", "forbid"]
    rule: str
    when: str | None = None
    limits: Limits = Limits()
    time_zone: str = ""
    approvals: Approvals | None = None
    placement: Placement | None = None


class Change(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The same for each of these principals, on each of these seals and document types.

    Attributes:
        kind: `gained`: could hope for nothing before, and can now; `lost`: the other way round;
            `changed`: could before and can now, by other rules.
        principals: by name; see `policies.foresight.principals`.
        seals: by name.
        document_types: by name.
        before: what they meet in the old bundle only.
        after: what they meet in the new bundle only.
        besides: what else has a say and is different.
    """

    kind: Kind
    principals: tuple[str, ...]
    seals: tuple[str, ...]
    document_types: tuple[str, ...]
    before: tuple[Term, ...]
    after: tuple[Term, ...]
    besides: tuple[Besides, ...] = ()


class Difference(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """All of it: what is gained, lost and changed, and every object that is not as it was."""

    changes: tuple[Change, ...]
    objects: tuple[ObjectChange, ...]


def difference(old: Bundle, new: Bundle, *, at: datetime) -> Difference:
    """Compare two bundles without mistakes, as they are at the moment."""
    return Difference(
        changes=tuple(_joined(_Comparing(Reach(old, at=at), Reach(new, at=at)).steps())),
        objects=tuple(object_changes(old, new)),
    )


@dataclass(frozen=True, slots=True)
class _Step:
    """What changes for some principals on one seal and one document type."""

    kind: Kind
    before: tuple[Term, ...]
    after: tuple[Term, ...]
    besides: tuple[Besides, ...]


@dataclass(frozen=True, slots=True)
class _Side:
    """What one bundle has for a seal and a document type; no covering: it has not got them."""

    reach: Reach
    covering: Covering | None

    @classmethod
    def of(cls, reach: Reach, pair: Pair) -> "_Side":
        seal, document_type = pair
        found = reach.bundle.seals.get(seal)
        usable = found is not None and found.state == "active"
        known = usable and document_type in reach.bundle.document_types
        return cls(reach, reach.covering(pair) if known else None)

    @property
    def key(self) -> tuple[str, ...] | None:
        return None if self.covering is None else names_of(self.covering)

    def hopeful(self) -> frozenset[str]:
        """Who could be permitted something."""
        if self.covering is None:
            return frozenset()
        left = (self.reach.left(named, self.covering) for named in self.covering.permits)
        return frozenset[str]().union(*left)

    def terms(self, principal: str) -> frozenset[Term]:
        if self.covering is None:
            return frozenset()
        rules: tuple[Named, ...] = (*self.covering.permits, *self.covering.forbids)
        audience = self.reach.audience
        return frozenset(_term(named) for named in rules if principal in audience(named))


class _Comparing:
    """Goes through all pairs; what pairs with the same rules have in common is found once."""

    def __init__(self, old: Reach, new: Reach) -> None:
        self._old = old
        self._new = new
        self._elsewhere = Elsewhere.of(old.bundle, new.bundle)
        self._known: dict[object, Mapping[_Step, frozenset[str]]] = {}
        self._others = frozenset(
            name
            for name, caller in old.principals.items()
            if new.principals.get(name, caller) != caller
        )

    def steps(self) -> Iterator[tuple[_Step, frozenset[str], Pair]]:
        old, new = self._old.bundle, self._new.bundle
        for seal in sorted(old.seals.keys() | new.seals.keys()):
            for document_type in sorted(old.document_types.keys() | new.document_types.keys()):
                pair = (seal, document_type)
                before, after = _Side.of(self._old, pair), _Side.of(self._new, pair)
                besides = self._elsewhere.for_pair(seal, document_type)
                key = (before.key, after.key, besides)
                if key not in self._known:
                    self._known[key] = self._compared(before, after, besides)
                for step, principals in self._known[key].items():
                    yield step, principals, pair

    def _compared(
        self, old: _Side, new: _Side, besides: tuple[Besides, ...]
    ) -> Mapping[_Step, frozenset[str]]:
        could, can = old.hopeful(), new.hopeful()
        found: dict[_Step, set[str]] = {}
        for principal in could | can:
            before, after = old.terms(principal), new.terms(principal)
            kind = _kind(could=principal in could, can=principal in can)
            other: tuple[Besides, ...] = ("caller",) if principal in self._others else ()
            if kind != "changed" or before != after or besides or other:
                step = _Step(
                    kind, _ordered(before - after), _ordered(after - before), besides + other
                )
                found.setdefault(step, set()).add(principal)
        return {step: frozenset(principals) for step, principals in found.items()}


def _kind(*, could: bool, can: bool) -> Kind:
    if could and can:
        return "changed"
    return "gained" if can else "lost"


def _joined(steps: Iterable[tuple[_Step, frozenset[str], Pair]]) -> Iterator[Change]:
    """The same change on several types, and then on several seals, as one."""
    types: dict[tuple[_Step, frozenset[str], str], list[str]] = {}
    for step, principals, (seal, document_type) in steps:
        types.setdefault((step, principals, seal), []).append(document_type)
    seals: dict[tuple[_Step, frozenset[str], tuple[str, ...]], list[str]] = {}
    for (step, principals, seal), found in types.items():
        seals.setdefault((step, principals, tuple(found)), []).append(seal)
    for (step, principals, document_types), named in seals.items():
        yield Change(
            kind=step.kind,
            principals=tuple(sorted(principals)),
            seals=tuple(named),
            document_types=document_types,
            before=step.before,
            after=step.after,
            besides=step.besides,
        )


def _term(named: Named) -> Term:
    rule = named.rule
    if not isinstance(rule, PermitRule):
        return Term(effect="forbid", rule=named.name, when=rule.when)
    limited = rule.limits != Limits()
    return Term(
        effect="permit",
        rule=named.name,
        when=rule.when,
        limits=rule.limits,
        time_zone=named.zone.key if limited else "",
        approvals=rule.approvals,
        placement=rule.placement,
    )


def _ordered(terms: Iterable[Term]) -> tuple[Term, ...]:
    return tuple(sorted(terms, key=lambda term: (term.effect, term.rule)))
