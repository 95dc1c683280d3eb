"""What the security officers have written, as one frozen value with a digest.

Names refer to each other (a policy's seals, a seal's company); `policies.loader` makes sure that
every name leads somewhere. Lengths are millimetres.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec

from policies.intake import Intake
from policies.model import DocumentFacts, Placement, SealRequest
from policies.powers import Power

ANY = "*"
"""In a policy that only forbids: every seal, or every document type."""

AttributeType = Literal["string", "integer", "boolean"]


class Company(msgspec.Struct, frozen=True, kw_only=True):
    """A legal person of the group. `parent` is for the reader: no right is inherited from it."""

    name: str
    title: str
    parent: str | None = None


class Role(msgspec.Struct, frozen=True, kw_only=True):
    """What a person or a system may be: `dispatcher`, `seal-approver`."""

    name: str
    title: str | None = None
    power: Power = "seal-user"


class SystemKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key with which a system signs its requests (RFC 9421 `keyid`).

    Exactly one of `public_key` (ed25519: 32 raw bytes) and `secret_file` (hmac-sha256: a path).
    """

    id: str
    algorithm: Literal["ed25519", "hmac-sha256"]
    public_key: bytes | None = None
    secret_file: str | None = None


class System(msgspec.Struct, frozen=True, kw_only=True):
    """A calling system, its roles and how it proves who it is.

    `certificates` are SHA-256 of the DER, 64 lower-case hex digits.
    """

    name: str
    company: str
    roles: frozenset[str] = frozenset()
    keys: tuple[SystemKey, ...] = ()
    certificates: tuple[str, ...] = ()


class Attribute(msgspec.Struct, frozen=True, kw_only=True):
    """What a document type says of one attribute; `pattern` is RE2 and must match all of it."""

    type: AttributeType
    required: bool = False
    minimum: int | None = None
    maximum: int | None = None
    max_length: int | None = None
    pattern: str | None = None


class DocumentType(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of business document and the attributes that a request must or may give.

    `normalize`: documents are written anew before they are sealed.
    """

    name: str
    title: str | None = None
    attributes: Mapping[str, Attribute] = {}
    intake: Intake = Intake()
    normalize: bool = False


class RoundStamp(msgspec.Struct, frozen=True, kw_only=True, tag="round"):
    """The usual round stamp: company name along the rim, a star, purpose and serial below."""

    name: str
    purpose: str | None = None
    serial: str | None = None
    diameter_mm: float = 40.0
    color: str = "#E60012"


class PictureStamp(msgspec.Struct, frozen=True, kw_only=True, tag="picture"):
    """A stamp from a picture file; its height follows from the picture's shape."""

    file: str
    width_mm: float


Stamp = RoundStamp | PictureStamp


class SealSignature(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the seal certifies (DocMDP, ISO 32000-2 §12.8.2.2) or approves, and what may change.

    `permission` only has a meaning for a certification.
    """

    kind: Literal["certification", "approval"] = "certification"
    permission: Literal["no-changes", "form-filling"] = "no-changes"


class Seal(msgspec.Struct, frozen=True, kw_only=True):
    """Mark, certificate and key together.

    `type` is the words on it, e.g. 回单章; `key` is a key id of the signer's configuration;
    `certificate` and a picture's file are relative paths. No `stamp`: nothing to see.
    """

    name: str
    company: str
    type: str
    state: Literal["active", "frozen"]
    key: str
    certificate: str
    frozen_reason: str | None = None
    signature: SealSignature = SealSignature()
    stamp: Stamp | None = None
    placement: Placement | None = None


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How often a rule may permit within a calendar hour and day of the policy's time zone."""

    per_hour: int | None = None
    per_day: int | None = None


class Approvals(msgspec.Struct, frozen=True, kw_only=True):
    """How many persons holding one of `roles` must approve; who asked is never one of them."""

    count: int
    roles: frozenset[str]


class PermitRule(msgspec.Struct, frozen=True, kw_only=True):
    """Permits what matches all of what it says; of each list one is enough.

    At least one of `systems`, `roles`, `companies` is not empty. `companies` means exactly these,
    not those whose parent they are.
    """

    id: str
    systems: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    companies: frozenset[str] = frozenset()
    when: str | None = None
    limits: Limits = Limits()
    placement: Placement | None = None
    approvals: Approvals | None = None


class ForbidRule(msgspec.Struct, frozen=True, kw_only=True):
    """Forbids what matches all of what it says, whoever permits it; empty sets mean everybody."""

    id: str
    systems: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    when: str | None = None
    message: str | None = None


class PolicyTest(msgspec.Struct, frozen=True, kw_only=True):
    """An example that a policy carries, with the answer that its author expects.

    `rule` is the full name of the rule that must decide; None when any rule will do.
    """

    name: str
    request: SealRequest
    facts: DocumentFacts
    at: datetime
    expect: Literal["allowed", "denied", "needs-approval"]
    rule: str | None = None


class SealPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Rules for some seals on some document types; either may be ANY if none permits."""

    name: str
    seals: tuple[str, ...]
    document_types: tuple[str, ...]
    time_zone: str
    permit: tuple[PermitRule, ...] = ()
    forbid: tuple[ForbidRule, ...] = ()
    tests: tuple[PolicyTest, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """All objects by name, and the digest of the text they come from.

    A Bundle from `policies.loader.load_bundle` has no loose ends and has passed its own tests.
    """

    companies: Mapping[str, Company]
    roles: Mapping[str, Role]
    systems: Mapping[str, System]
    document_types: Mapping[str, DocumentType]
    seals: Mapping[str, Seal]
    policies: Mapping[str, SealPolicy]
    digest: str


def digest_of(sources: Mapping[str, str]) -> str:
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
