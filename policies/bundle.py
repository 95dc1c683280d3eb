"""What the security officers have written, as one frozen value with a digest.

Names refer to each other (a policy's seals, a seal's company); `policies.loader` makes sure that
every name leads somewhere.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from policies.objects.documents import DocumentType, Template
from policies.objects.group import BusinessLine, Company, Governance
from policies.objects.named import Named
from policies.objects.people import Person, Post, Role
from policies.objects.rules import SealPolicy
from policies.objects.seals import Seal, SealGrant
from policies.objects.systems import ApprovalSource, System


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """All objects by name, and a digest.

    A Bundle from `policies.loader.load_bundle` has no loose ends and has passed its own tests.
    `digest` covers the very text of a directory (`sources_digest`), or, of what comes from a bundle
    file, all objects and files (`policies.compiled.content_digest`). `files` are those that the
    objects name, by path, with their SHA-256 in hex.
    """

    companies: Mapping[str, Company]
    roles: Mapping[str, Role]
    systems: Mapping[str, System]
    document_types: Mapping[str, DocumentType]
    seals: Mapping[str, Seal]
    policies: Mapping[str, SealPolicy]
    digest: str
    governance: Governance | None = None
    lines: Mapping[str, BusinessLine] = field(default_factory=dict)
    posts: Mapping[str, Post] = field(default_factory=dict)
    persons: Mapping[str, Person] = field(default_factory=dict)
    grants: Mapping[str, SealGrant] = field(default_factory=dict)
    templates: Mapping[str, Template] = field(default_factory=dict)
    approval_sources: Mapping[str, ApprovalSource] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


OBJECT_KINDS: Final[Mapping[str, type[Named]]] = MappingProxyType(
    {
        "companies": Company,
        "lines": BusinessLine,
        "roles": Role,
        "posts": Post,
        "persons": Person,
        "systems": System,
        "document_types": DocumentType,
        "templates": Template,
        "seals": Seal,
        "grants": SealGrant,
        "approval_sources": ApprovalSource,
        "policies": SealPolicy,
    }
)
"""The mappings of a Bundle: its field, and what it maps names to. Governance, of which there is at
most one, stands apart."""


def sources_digest(sources: Mapping[str, str]) -> str:
    """`sha256:` and the hex digest over file names and texts, whatever order they come in.

    It covers the very text that the officers have reviewed, comments and all; only line ends are
    made equal, since version control changes them. Each part is preceded by its length (8 bytes,
    big-endian), so that no two bundles have the same canonical bytes.
    """
    digest = hashlib.sha256()
    for name in sorted(sources):
        for part in (name, sources[name].replace("\r\n", "\n")):
            data = part.encode(errors="surrogatepass")
            digest.update(len(data).to_bytes(8, "big") + data)
    return f"sha256:{digest.hexdigest()}"
