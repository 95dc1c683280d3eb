"""Which seals and document types rules are about, and how those of one seal are found at once.

Every scope is kept under one or a few anchors, taken from the narrowest thing that it says: names
of seals, companies, lines, types. A seal is looked up under all of its own anchors, as many as it
has companies above it and a handful more, however many scopes there are.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, Generic, NamedTuple, TypeVar

from policies.deciding.group import Group
from policies.deciding.shared_keys import SharedKeys
from policies.objects.rules import ANY, SealPolicy, SealScope
from policies.objects.seals import Seal

Anchor = tuple[str, str]
T = TypeVar("T")

_EVERY_SEAL: Final[Anchor] = ("every", "")


class Coverage(NamedTuple):
    """What a policy's rules are about; of equal policies equal, however they are written."""

    seals: frozenset[str] | SealScope
    document_types: frozenset[str]

    @classmethod
    def of(cls, policy: SealPolicy) -> "Coverage":
        """What the policy says."""
        seals = policy.seals if isinstance(policy.seals, SealScope) else frozenset(policy.seals)
        return cls(seals, frozenset(policy.document_types))

    def with_shared_keys(self, shared: SharedKeys) -> "Coverage":
        """The same, and every seal that has the key of one that is named: for what forbids."""
        if not shared or isinstance(self.seals, SealScope):
            return self
        return self._replace(seals=self.seals.union(*map(shared.of, self.seals)))


class ScopeIndex(Generic[T]):
    """Things that are kept by what they cover."""

    def __init__(self, things: Mapping[Coverage, T], group: Group) -> None:
        self._group = group
        self._by_anchor: dict[Anchor, dict[str, list[tuple[Coverage, T]]]] = {}
        for coverage, thing in things.items():
            for anchor in _anchors(coverage.seals):
                by_type = self._by_anchor.setdefault(anchor, {})
                for document_type in coverage.document_types:
                    by_type.setdefault(document_type, []).append((coverage, thing))

    def covering(self, seal: Seal, document_type: str) -> tuple[T, ...]:
        """What covers the seal on the document type, each once."""
        found: dict[int, T] = {}
        for by_type in self._about(seal):
            for kind in (document_type, ANY):
                for coverage, thing in by_type.get(kind, ()):
                    if covers(coverage.seals, seal, self._group):
                        found[id(thing)] = thing
        return tuple(found.values())

    def types_of(self, seal: Seal, wanted: Callable[[T], bool]) -> frozenset[str]:
        """The document types on which something covers the seal that is wanted."""
        return frozenset(
            document_type
            for by_type in self._about(seal)
            for document_type, kept in by_type.items()
            if any(wanted(thing) and covers(on.seals, seal, self._group) for on, thing in kept)
        )

    def _about(self, seal: Seal) -> Iterator[dict[str, list[tuple[Coverage, T]]]]:
        for anchor in self._anchors_of(seal):
            by_type = self._by_anchor.get(anchor)
            if by_type is not None:
                yield by_type

    def _anchors_of(self, seal: Seal) -> list[Anchor]:
        return [
            _EVERY_SEAL,
            ("seal", seal.name),
            ("company", seal.company),
            ("type", seal.type),
            ("line", seal.line or ""),
            *[("below", company) for company in self._group.above(seal.company)],
        ]


def covers(seals: frozenset[str] | SealScope, seal: Seal, group: Group) -> bool:
    """Whether these seals have this one among them."""
    if not isinstance(seals, SealScope):
        return seal.name in seals or ANY in seals
    if seals.types and seal.type not in seals.types:
        return False
    if seals.lines and seal.line not in seals.lines:
        return False
    if not seals.companies or seal.company in seals.companies:
        return True
    return seals.below and not seals.companies.isdisjoint(group.above(seal.company))


def _anchors(seals: frozenset[str] | SealScope) -> Iterator[Anchor]:
    if not isinstance(seals, SealScope):
        if ANY in seals:
            yield _EVERY_SEAL
        else:
            yield from (("seal", name) for name in seals)
    elif seals.companies:
        yield from (("company", name) for name in seals.companies)
        if seals.below:
            yield from (("below", name) for name in seals.companies)
    elif seals.lines:
        yield from (("line", name) for name in seals.lines)
    elif seals.types:
        yield from (("type", name) for name in seals.types)
    else:
        yield _EVERY_SEAL
