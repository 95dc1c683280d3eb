"""Which seals and document types rules are about, and how those of one seal are found at once.

Every scope is kept under one or a few anchors, taken from the narrowest thing that it says: names
of seals, companies, lines, types. A seal is looked up under all of its own anchors, as many as it
has companies above it and a handful more, however many scopes there are.
"""

from collections.abc import Iterator, Mapping
from typing import Final, Generic, NamedTuple, TypeVar

from policies.bundle import ANY, Seal, SealPolicy, SealScope
from policies.group import Group

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


class ScopeIndex(Generic[T]):
    """Things that are kept by what they cover."""

    def __init__(self, things: Mapping[Coverage, T], group: Group) -> None:
        self._group = group
        self._found: dict[tuple[Anchor, str], list[tuple[Coverage, T]]] = {}
        for coverage, thing in things.items():
            for anchor in _anchors(coverage.seals):
                for document_type in coverage.document_types:
                    key = (anchor, document_type)
                    self._found.setdefault(key, []).append((coverage, thing))

    def covering(self, seal: Seal, document_type: str) -> Iterator[T]:
        """What covers the seal on the document type, each once."""
        found: dict[int, T] = {}
        for anchor in self._anchors_of(seal):
            for kind in (document_type, ANY):
                for coverage, thing in self._found.get((anchor, kind), ()):
                    if covers(coverage.seals, seal, self._group):
                        found[id(thing)] = thing
        yield from found.values()

    def _anchors_of(self, seal: Seal) -> Iterator[Anchor]:
        yield _EVERY_SEAL
        yield "seal", seal.name
        yield "company", seal.company
        yield "type", seal.type
        if seal.line is not None:
            yield "line", seal.line
        for company in self._group.above(seal.company):
            yield "below", company


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
