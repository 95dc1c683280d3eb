"""Which requests a freeze stops, and whether there is anything that it could stop."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Final

import msgspec

from gateway.freezes.model import Freeze, Scope
from policies import names
from policies.bundle import Bundle
from policies.model import Caller, SealRequest
from strictyaml import nearest

MOST_KEY_BYTES: Final = 32 * 1024
"""A freeze's record has so much of keys, as JSON: half of what a leaf of the audit log may have,
for a freeze must not fail because it is of a large company."""


def covers(freeze: Freeze, asked: SealRequest, bundle: Bundle) -> bool:
    """Whether the request is one of those that are to be stopped."""
    scope, seal = freeze.scope, bundle.seals.get(asked.seal)
    if seal is not None and seal.key in freeze.keys:
        return True
    match scope.kind:
        case "gateway":
            return True
        case "seal":
            frozen = bundle.seals.get(scope.name)
            same_key = seal is not None and frozen is not None and seal.key == frozen.key
            return asked.seal == scope.name or same_key
        case "system":
            return asked.caller.system == scope.name
        case "company":
            concerned = {asked.caller.company}
            if seal is not None:
                concerned |= {
                    each.company for each in bundle.seals.values() if each.key == seal.key
                }
            return any(scope.name in _upwards(name, bundle) for name in concerned)
        case "counterparty":
            wanted = folded(scope.name)
            return any(folded(name) == wanted for name in _counterparties(asked, bundle))


def keys_of(scope: Scope, bundle: Bundle) -> tuple[str, ...]:
    """The keys that are frozen with the scope, whatever seals later policies give them to.

    Of a company with more than there is room for (`MOST_KEY_BYTES`) those come first that other
    companies' seals have, too.
    """
    match scope.kind:
        case "seal":
            seal = bundle.seals.get(scope.name)
            return () if seal is None else (seal.key,)
        case "company":
            theirs: set[str] = set()
            others: set[str] = set()
            below = {name for name in bundle.companies if scope.name in _upwards(name, bundle)}
            for seal in bundle.seals.values():
                (theirs if seal.company in below else others).add(seal.key)
            return _with_room(sorted(theirs, key=lambda key: (key not in others, key)))
        case _:
            return ()


def touches(freeze: Freeze, caller: Caller, bundle: Bundle) -> bool:
    """Whether it may stop the caller: itself, its company, a seal that it or its company has.

    A freeze of a counterparty may stop anybody.
    """
    scope, above, keys = freeze.scope, _upwards(caller.company, bundle), frozenset(freeze.keys)
    if any(seal.key in keys and seal.company in above for seal in bundle.seals.values()):
        return True
    match scope.kind:
        case "gateway" | "counterparty":
            return True
        case "system":
            return caller.system == scope.name
        case "company":
            return scope.name in above
        case "seal":
            seal = bundle.seals.get(scope.name)
            return seal is not None and seal.company in above


def mistake(scope: Scope, bundle: Bundle) -> str | None:
    """Why such a freeze would stop nothing; None when it stops something."""
    match scope.kind:
        case "gateway":
            return "the gateway has no name: leave it out" if scope.name else None
        case "counterparty":
            return _counterparty_mistake(scope.name, bundle)
        case "seal":
            return _unknown(scope, bundle.seals)
        case "system":
            return _unknown(scope, bundle.systems)
        case "company":
            return _unknown(scope, bundle.companies)


def folded(name: str) -> str:
    """A name as it is compared: （东篱） and (东篱), ACME and Acme are one.

    As `policies.names` folds it, and nothing but its letters, digits and marks.
    """
    return "".join(each for each in names.folded(name) if unicodedata.category(each)[0] in "LNM")


def _with_room(keys: Sequence[str]) -> tuple[str, ...]:
    """The first of them, as many as a record has room for."""
    ends = accumulate(len(msgspec.json.encode(key)) + 1 for key in keys)
    return tuple(key for key, end in zip(keys, ends, strict=True) if end <= MOST_KEY_BYTES)


def _counterparties(asked: SealRequest, bundle: Bundle) -> Iterator[str]:
    """Whom the request names: the counterparty of its type, and every other party."""
    declared = bundle.document_types.get(asked.document_type)
    if declared is None:
        return
    for name, value in asked.attributes.items():
        attribute = declared.attributes.get(name)
        is_party = name == declared.counterparty or (attribute is not None and attribute.party)
        if is_party and isinstance(value, str):
            yield value


def _upwards(company: str, bundle: Bundle) -> frozenset[str]:
    """The company, and all above it."""
    found: set[str] = set()
    name: str | None = company
    while name is not None and name not in found:
        found.add(name)
        declared = bundle.companies.get(name)
        name = None if declared is None else declared.parent
    return frozenset(found)


def _counterparty_mistake(name: str, bundle: Bundle) -> str | None:
    if not folded(name):
        return "a counterparty has a name"
    for declared in bundle.document_types.values():
        if declared.counterparty or any(each.party for each in declared.attributes.values()):
            return None
    return "no document type says which of its attributes names the counterparty"


def _unknown(scope: Scope, known: Mapping[str, object]) -> str | None:
    if scope.name in known:
        return None
    meant = nearest(scope.name, known)
    cure = f"; did you mean {meant!r}?" if meant else ""
    return f"no {scope.kind} is called {scope.name!r}{cure}"
