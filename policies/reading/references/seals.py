"""Seals: whose they are, and what types of them there are."""

from collections.abc import Iterator

from policies.kinds.seal_types import USUAL_SEAL_TYPES
from policies.reading.folders import companies_by_folder, owner_of
from policies.reading.library import Library
from strictyaml import Mistake, nearest


def seal_mistakes(library: Library) -> Iterator[Mistake]:
    """Loose ends of seals, and types that the group does not have."""
    known = known_types(library)
    for seal in library.seals.documents.values():
        spec = seal.value.spec
        yield from library.missing(spec.company, library.companies, seal, ("spec", "company"))
        if spec.line is not None:
            yield from library.missing(spec.line, library.lines, seal, ("spec", "line"))
        if known is not None and spec.type not in known:
            yield seal.mistake(
                ("spec", "type"),
                f"no seal type is called {spec.type}",
                cure_of_type(spec.type, known),
            )
    yield from _shared_keys(library)


def _shared_keys(library: Library) -> Iterator[Mistake]:
    """One key is one seal's, unless the group says that a seal has another's.

    Else what is forbidden to a seal, counted of it or frozen would be open under another name.
    """
    companies = companies_by_folder(library)
    seals = library.seals.documents
    owners = {name: owner_of(seal.tree.file, companies) for name, seal in seals.items()}
    first: dict[str, str] = {}
    for name in sorted(seals, key=lambda each: owners[each] is not None):
        if seals[name].value.spec.shares_key_with is None:
            first.setdefault(seals[name].value.spec.key, name)
    for name, seal in seals.items():
        key, shared = seal.value.spec.key, seal.value.spec.shares_key_with
        if shared is None:
            if first[key] != name:
                yield seal.mistake(
                    ("spec", "key"),
                    f"the key {key} is that of the seal {first[key]}",
                    "name a key of this seal's own; two marks of one key are for the group to "
                    f"declare, by `sharesKeyWith: {first[key]}`",
                )
            continue
        path = ("spec", "sharesKeyWith")
        yield from library.missing(shared, library.seals, seal, path)
        if owners[name] is not None:
            yield seal.mistake(
                path,
                "only the group lets two seals share a key",
                "have the group's officers write it, in a file outside every company's folder",
            )
        elif shared in seals and first.get(key) != shared:
            yield seal.mistake(
                path,
                f"the key {key} is not that of the seal {shared}",
                "name the seal that has this key without sharing it, or remove `sharesKeyWith:`",
            )


def known_types(library: Library) -> frozenset[str] | None:
    """The usual types and the group's own; None where no Governance could name those."""
    governances = library.governance.documents.values()
    if not governances:
        return None
    own = (name for each in governances for name in each.value.spec.further_seal_types)
    return frozenset({*USUAL_SEAL_TYPES, *own})


def cure_of_type(written: str, known: frozenset[str]) -> str:
    """What to write instead."""
    meant = nearest(written, known)
    first = f"did you mean {meant}? " if meant else ""
    return f"{first}There are: {', '.join(sorted(known))}; a Governance may add furtherSealTypes"
