"""Seals: whose they are, and what types of them there are."""

from collections.abc import Iterator

from policies.kinds.seal_types import USUAL_SEAL_TYPES
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
