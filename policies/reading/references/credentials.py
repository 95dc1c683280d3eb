"""What callers, people and OA systems prove themselves with: each stands for one of them.

One key for two people would be one person who signs twice.
"""

import base64
from collections.abc import Iterator

from policies.kinds.people import PersonKind
from policies.kinds.public_keys import key_bytes
from policies.kinds.things import SystemKind
from policies.reading.library import Library
from strictyaml import Loaded, Mistake, Path, StrictModel

_Credential = tuple[str, Loaded[StrictModel], Path, str]
"""Whose, the document, where in it, and what, in words."""


def credential_mistakes(library: Library) -> Iterator[Mistake]:
    """Owners that do not exist, and every credential that somebody had already."""
    for system in library.systems.documents.values():
        spec = system.value.spec
        yield from library.missing(spec.company, library.companies, system, ("spec", "company"))
        yield from library.missing_any(spec.roles, library.roles, system, ("spec", "roles"))
        if spec.line is not None:
            yield from library.missing(spec.line, library.lines, system, ("spec", "line"))
    owners: dict[str, tuple[str, Path]] = {}
    for whose, loaded, path, what in _all(library):
        owner, first = owners.setdefault(what, (whose, path))
        if (owner, first) != (whose, path):
            yield loaded.mistake(
                path,
                f"{owner} has {what} already",
                "a credential stands for one alone: give each its own",
            )


def _all(library: Library) -> Iterator[_Credential]:
    for name, system in library.systems.documents.items():
        for path, what in _of_system(system.value):
            yield f"the system {name}", system, path, what
    for name, person in library.persons.documents.items():
        for path, what in _of_person(person.value):
            yield f"the person {name}", person, path, what
    for name, source in library.approval_sources.documents.items():
        key = source.value.spec.public_key
        yield f"the approval source {name}", source, ("spec", "publicKey"), _key(key)


def _of_system(system: SystemKind) -> Iterator[tuple[Path, str]]:
    for position, key in enumerate(system.spec.keys):
        path: Path = ("spec", "keys", position)
        yield (*path, "id"), f"the key id `{key.id}`"
        if key.public_key is not None:
            yield (*path, "publicKey"), _key(key.public_key)
    for position, certificate in enumerate(system.spec.certificates):
        path = ("spec", "certificates", position, "sha256")
        yield path, f"the certificate {certificate.sha256}"


def _of_person(person: PersonKind) -> Iterator[tuple[Path, str]]:
    for position, key in enumerate(person.spec.keys):
        path: Path = ("spec", "keys", position)
        yield (*path, "id"), f"the key id `{key.id}`"
        yield (*path, "publicKey"), _key(key.public_key)


def _key(text: str) -> str:
    # By what it means, not by how it is spelled.
    return f"the public key {base64.b64encode(key_bytes(text)).decode()}"
