"""Which of the signatures that a document came with are of seals in force here."""

from collections import defaultdict
from collections.abc import Mapping
from hashlib import sha256

import msgspec

from gateway.seals.in_force import InForce
from policies.model import DocumentFacts


def with_own_seals(facts: DocumentFacts, in_force: InForce) -> DocumentFacts:
    """The facts, with the seals named whose certificate an earlier signature has.

    A seal whose certificate was replaced since is not found by the old one.
    """
    content = facts.content
    if isinstance(content, msgspec.UnsetType) or not content.earlier:
        return facts
    owners = _owners(in_force)
    earlier = tuple(
        msgspec.structs.replace(each, seals=owners[each.certificate])
        if each.certificate in owners
        else each
        for each in content.earlier
    )
    return msgspec.structs.replace(facts, content=msgspec.structs.replace(content, earlier=earlier))


def _owners(in_force: InForce) -> Mapping[str, tuple[str, ...]]:
    """The names of seals by the SHA-256 of their certificate, hex."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, material in in_force.seals.items():
        found[sha256(material.certificates[0]).hexdigest()].append(name)
    return {certificate: tuple(sorted(names)) for certificate, names in found.items()}
