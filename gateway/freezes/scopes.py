"""Which requests a freeze stops, and whether there is anything that it could stop."""

import unicodedata
from collections.abc import Iterator, Mapping

from gateway.freezes.model import Scope
from policies import names
from policies.bundle import Bundle
from policies.model import Caller, SealRequest
from strictyaml import nearest


def covers(scope: Scope, asked: SealRequest, bundle: Bundle) -> bool:
    """Whether the request is one of those that are to be stopped."""
    match scope.kind:
        case "gateway":
            return True
        case "seal":
            return asked.seal == scope.name or _same_key(asked.seal, scope.name, bundle)
        case "system":
            return asked.caller.system == scope.name
        case "company":
            seal = bundle.seals.get(asked.seal)
            concerned = {asked.caller.company, *(() if seal is None else (seal.company,))}
            return any(scope.name in _upwards(name, bundle) for name in concerned)
        case "counterparty":
            wanted = folded(scope.name)
            return any(folded(name) == wanted for name in _counterparties(asked, bundle))


def touches(scope: Scope, caller: Caller, bundle: Bundle) -> bool:
    """Whether it may stop the caller: itself, its company, a seal that it or its company has.

    A freeze of a counterparty may stop anybody.
    """
    match scope.kind:
        case "gateway" | "counterparty":
            return True
        case "system":
            return caller.system == scope.name
        case "company":
            return scope.name in _upwards(caller.company, bundle)
        case "seal":
            seal = bundle.seals.get(scope.name)
            return seal is not None and seal.company in _upwards(caller.company, bundle)


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


def _same_key(asked: str, frozen: str, bundle: Bundle) -> bool:
    """Whether both seals are one key with two marks."""
    one, other = bundle.seals.get(asked), bundle.seals.get(frozen)
    return one is not None and other is not None and one.key == other.key


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
