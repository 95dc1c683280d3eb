"""What conditions may speak of: each variable with its type, and how its value is found.

A value that is not known is left out, and a condition that reads it has no answer: nobody knows is
not the same as nothing, and denies.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import product
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final

import msgspec
from cel_expr_python import cel

from policies.conditions.expressions import masked
from policies.conditions.windows import Unit
from policies.model import (
    NOTHING_KNOWN,
    ContentFacts,
    DocumentFacts,
    Fact,
    Known,
    SealRequest,
)
from policies.objects.seals import Seal

DIMENSIONS: Final = ("seal", "system", "company", "line", "type")
"""What uses are counted by."""

UNITS: Final[tuple[Unit, ...]] = ("hour", "day", "month")

COUNTERS: Final[Mapping[str, tuple[str, Unit]]] = MappingProxyType(
    {
        f"used.{dimension}_{unit}": (dimension, unit)
        for dimension, unit in product(DIMENSIONS, UNITS)
    }
)
"""The variables that count uses, each with what it counts by and its window."""

UNKNOWN: Final = object()
"""In place of a value that nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """All that a condition can be about.

    `counterparty` is the attribute that names the other side, where the document's type has one.
    """

    request: SealRequest
    facts: DocumentFacts
    seal: Seal
    at: datetime
    known: Known = NOTHING_KNOWN
    counterparty: str | None = None


@dataclass(frozen=True, slots=True)
class Variable:
    """One name.

    Attributes:
        type: CEL's.
        value: finds it; UNKNOWN where nobody knows.
        fact: what must be looked for in the document, if it speaks of its content.
    """

    type: Any
    value: Callable[[Subject], object]
    fact: Fact | None = None


def _or_empty(value: object) -> object:
    return "" if value is None or value is msgspec.UNSET else value


def _content(kind: Any, fact: Fact, found: Callable[[ContentFacts], object]) -> Variable:  # noqa: ANN401 - CEL's
    def value(subject: Subject) -> object:
        content = subject.facts.content
        if isinstance(content, msgspec.UnsetType) or fact not in content.asked:
            return UNKNOWN
        answer = found(content)
        return UNKNOWN if answer is None else answer

    return Variable(kind, value, fact)


def _signers(content: ContentFacts) -> list[str]:
    # A damaged signature says nothing about who signed; `doc.signatures` counts it all the same.
    return [earlier.signer for earlier in content.earlier if earlier.intact]


def _own_seals(content: ContentFacts) -> list[str]:
    made = (earlier.seals for earlier in content.earlier if earlier.intact)
    return [seal for seals in made if not isinstance(seals, msgspec.UnsetType) for seal in seals]


def _certificate_days(subject: Subject) -> object:
    days = subject.known.certificate_days
    return UNKNOWN if days is None else days


def _counterparty(subject: Subject) -> object:
    named = subject.counterparty
    return "" if named is None else subject.request.attributes.get(named, "")


def _used(name: str) -> Callable[[Subject], object]:
    return lambda subject: subject.known.used.get(name, UNKNOWN)


_TEXT: Final = cel.Type.STRING
_TEXTS: Final = cel.Type.List(cel.Type.STRING)
_NUMBER: Final = cel.Type.INT

_ASKED: Final[Mapping[str, Variable]] = {
    # CEL knows lists, not sets; sorted, so that a condition sees the same each time.
    "caller.system": Variable(_TEXT, attrgetter("request.caller.system")),
    "caller.company": Variable(_TEXT, attrgetter("request.caller.company")),
    "caller.roles": Variable(_TEXTS, lambda subject: sorted(subject.request.caller.roles)),
    "caller.person": Variable(_TEXT, lambda subject: _or_empty(subject.request.caller.person)),
    "caller.posts": Variable(_TEXTS, lambda subject: sorted(subject.request.caller.held_posts)),
    "caller.line": Variable(_TEXT, lambda subject: _or_empty(subject.request.caller.line)),
    "seal.id": Variable(_TEXT, attrgetter("seal.name")),
    "seal.company": Variable(_TEXT, attrgetter("seal.company")),
    "seal.type": Variable(_TEXT, attrgetter("seal.type")),
    "seal.line": Variable(_TEXT, lambda subject: _or_empty(subject.seal.line)),
    "seal.certificate_days": Variable(_NUMBER, _certificate_days),
    "doc.type": Variable(_TEXT, attrgetter("request.document_type")),
    "doc.business_number": Variable(_TEXT, attrgetter("request.business_number")),
    "doc.attributes": Variable(
        cel.Type.Map(cel.Type.STRING, cel.Type.DYN), attrgetter("request.attributes")
    ),
    "doc.counterparty": Variable(_TEXT, _counterparty),
    "now": Variable(cel.Type.TIMESTAMP, attrgetter("at")),
}

_OF_THE_DOCUMENT: Final[Mapping[str, Variable]] = {
    "doc.pages": Variable(_NUMBER, attrgetter("facts.pages")),
    "doc.size_bytes": Variable(_NUMBER, attrgetter("facts.size_bytes")),
    "doc.revisions": Variable(_NUMBER, attrgetter("facts.revisions")),
    "doc.signatures": Variable(_NUMBER, attrgetter("facts.signatures")),
    "doc.pdf_version": Variable(_TEXT, attrgetter("facts.pdf_version")),
    "doc.findings": Variable(
        _TEXTS, lambda subject: [finding.rule for finding in subject.facts.findings]
    ),
}

_OF_ITS_CONTENT: Final[Mapping[str, Variable]] = {
    "doc.text": _content(_TEXT, "text", attrgetter("text")),
    "doc.fields": _content(cel.Type.Map(_TEXT, _TEXT), "fields", attrgetter("fields")),
    "doc.template": _content(_TEXT, "template", attrgetter("template")),
    "doc.parties": _content(_TEXTS, "parties", lambda content: list(content.parties)),
    "doc.amounts": _content(
        cel.Type.List(_NUMBER), "amounts", lambda content: list(content.amounts)
    ),
    "doc.page_sizes": _content(_TEXTS, "page_sizes", lambda content: list(content.page_sizes)),
    "doc.signers": _content(_TEXTS, "earlier", _signers),
    "doc.own_seals": _content(_TEXTS, "earlier", _own_seals),
    "doc.pictures": _content(_NUMBER, "pictures", attrgetter("pictures")),
}

VARIABLES: Final[Mapping[str, Variable]] = MappingProxyType(
    {
        **_ASKED,
        **_OF_THE_DOCUMENT,
        **_OF_ITS_CONTENT,
        **{name: Variable(_NUMBER, _used(name)) for name in COUNTERS},
    }
)
"""What a condition may speak of."""


def values(names: Iterable[str], subject: Subject) -> dict[str, object]:
    """The values of these variables, without those that nobody knows."""
    found = {name: VARIABLES[name].value(subject) for name in names}
    return {name: value for name, value in found.items() if value is not UNKNOWN}


_WORD: Final = re.compile(r"\w+")
_NAMES: Final = tuple((name, frozenset(name.split("."))) for name in VARIABLES)


@lru_cache(maxsize=65536)  # the rules of a whole group
def named_in(condition: str) -> frozenset[str]:
    """The variables that the condition may speak of: never too few, perhaps too many.

    However a name is spaced or commented, its words stand outside of strings and comments: CEL has
    no escapes in names.
    """
    words = frozenset(_WORD.findall(masked(condition)))
    return frozenset(name for name, parts in _NAMES if parts <= words)
