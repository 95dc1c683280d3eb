"""What the security officers have written, as one frozen value with a digest.

Names refer to each other (a policy's seals, a seal's company); `policies.loader` makes sure that
every name leads somewhere. Lengths are millimetres.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Final, Literal

import msgspec

from policies.intake import Intake
from policies.model import NOTHING_KNOWN, DocumentFacts, Known, Placement, SealRequest, Stage
from policies.powers import Power

ANY = "*"
"""In a policy that only forbids: every seal, or every document type."""

AttributeType = Literal["string", "integer", "boolean"]
ManagedBy = Literal["group", "self"]
SealState = Literal["draft", "active", "frozen", "retired"]


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """What the officers give a name, one of its kind in the bundle.

    `managed_by` says who answers for it: the group, or the company in whose folder it lies.
    """

    name: str
    managed_by: ManagedBy = "group"


class Signatures(msgspec.Struct, frozen=True, kw_only=True):
    """How many officers must sign: a bundle, a freeze, and the lifting of one."""

    bundle: int
    freeze: int = 1
    unfreeze: int = 2


class Governance(Named, frozen=True, kw_only=True):
    """How the group rules itself.

    Attributes:
        root: the company on top.
        officers: persons who sign bundles and freezes.
        signatures: how many of them.
        automatic_sealing: `granted`: a system needs a SealGrant for every seal; `free`: only for
            another company's.
        further_seal_types: seal types of the group's own, besides the usual ones.
    """

    root: str
    officers: tuple[str, ...]
    signatures: Signatures
    automatic_sealing: Literal["granted", "free"] = "free"
    further_seal_types: tuple[str, ...] = ()


class Company(Named, frozen=True, kw_only=True):
    """A legal person of the group. `parent` is for the reader: no right is inherited from it.

    `folder`: what lies below it is the company's own.
    """

    title: str
    parent: str | None = None
    folder: str | None = None


class BusinessLine(Named, frozen=True, kw_only=True):
    """A line of business across companies, to which seals and systems may belong."""

    title: str


class Role(Named, frozen=True, kw_only=True):
    """What a person or a system may be: `dispatcher`, `seal-approver`.

    `power`: which of the four separate powers goes with it.
    """

    title: str | None = None
    power: Power = "seal-user"


class Post(Named, frozen=True, kw_only=True):
    """A post in a company. Roles are bound to it, and people hold it for a time."""

    company: str
    title: str
    roles: frozenset[str] = frozenset()


class PersonKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key with which a person signs.

    `public_key`: ed25519 32 raw bytes; ecdsa-p256-sha256 a SubjectPublicKeyInfo (RFC 5280 §4.1).
    """

    id: str
    algorithm: Literal["ed25519", "ecdsa-p256-sha256"]
    public_key: bytes


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """A post that a person holds; days in Asia/Shanghai.

    `until_day` is the first day without it; None: no end is known.
    """

    post: str
    from_day: date
    until_day: date | None = None


class Person(Named, frozen=True, kw_only=True):
    """Somebody who asks, approves or governs, by the posts that they hold."""

    title: str
    company: str
    posts: tuple[Holding, ...] = ()
    keys: tuple[PersonKey, ...] = ()


class SystemKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key with which a system signs its requests (RFC 9421 `keyid`).

    Exactly one of `public_key` (ed25519: 32 raw bytes) and `secret_file` (hmac-sha256: a path).
    """

    id: str
    algorithm: Literal["ed25519", "hmac-sha256"]
    public_key: bytes | None = None
    secret_file: str | None = None


class System(Named, frozen=True, kw_only=True):
    """A calling system, its roles and how it proves who it is.

    `certificates` are SHA-256 of the DER, 64 lower-case hex digits.
    """

    company: str
    line: str | None = None
    roles: frozenset[str] = frozenset()
    keys: tuple[SystemKey, ...] = ()
    certificates: tuple[str, ...] = ()


class Attribute(msgspec.Struct, frozen=True, kw_only=True):
    """What a document type says of one attribute; `pattern` is RE2 and must match all of it.

    `party`: it names a party, which is looked for in the document where a rule asks for parties.
    """

    type: AttributeType
    required: bool = False
    minimum: int | None = None
    maximum: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    party: bool = False


class DocumentType(Named, frozen=True, kw_only=True):
    """A kind of business document and the attributes that a request must or may give.

    `normalize`: documents are written anew before they are sealed. `counterparty`: the attribute
    that names the other side, of which a freeze may speak.
    """

    title: str | None = None
    attributes: Mapping[str, Attribute] = {}
    intake: Intake = Intake()
    normalize: bool = False
    counterparty: str | None = None


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """Fixed words of a template, and where the top left corner of their box is."""

    text: str
    left_mm: float
    top_mm: float


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """The box on a template's page in which a content stands."""

    left_mm: float
    top_mm: float
    width_mm: float
    height_mm: float


class Template(Named, frozen=True, kw_only=True):
    """制式: a form of document, told by fixed words at fixed places on its first page.

    A document's facts name it `receipt-v1@1`: name and version.
    """

    document_type: str
    version: int
    width_mm: float
    height_mm: float
    marks: tuple[Mark, ...]
    fields: Mapping[str, Field] = {}


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


class Seal(Named, frozen=True, kw_only=True):
    """Mark, certificate and key together.

    `type` is the words on it, e.g. 回单章; `key` is a key id of the signer's configuration;
    `certificate` and a picture's file are relative paths. No `stamp`: nothing to see.
    `shares_key_with`: the seal whose key it is; None: a key of its own.
    """

    company: str
    type: str
    state: SealState
    key: str
    certificate: str
    frozen_reason: str | None = None
    signature: SealSignature = SealSignature()
    stamp: Stamp | None = None
    placement: Placement | None = None
    line: str | None = None
    shares_key_with: str | None = None


class Amount(msgspec.Struct, frozen=True, kw_only=True):
    """The most that an integer attribute may say."""

    attribute: str
    maximum: int


class SealGrant(Named, frozen=True, kw_only=True):
    """授权书: leave to have seals of a company put on documents automatically.

    Attributes:
        grantor: the company whose seals they are, or the grantee of `under`.
        grantee_kind: what `grantee` names.
        grantee: who may have them put on.
        seals: which.
        document_types: on what.
        amount: up to how much.
        valid_from: the first day, in Asia/Shanghai.
        valid_until: the last day.
        sub_delegation: how many further grants may hang below one another.
        under: the grant that this one hangs below.
        document: path of the sealed PDF in the bundle.
        document_digest: SHA-256 of that PDF, hex.
        revoked_at: from when it is void.
        revoked_reason: why.
    """

    grantor: str
    grantee_kind: Literal["company", "system", "post"]
    grantee: str
    seals: tuple[str, ...]
    document_types: tuple[str, ...]
    amount: Amount | None = None
    valid_from: date
    valid_until: date
    sub_delegation: int = 0
    under: str | None = None
    document: str | None = None
    document_digest: str | None = None
    revoked_at: datetime | None = None
    revoked_reason: str | None = None


class ApprovalSource(Named, frozen=True, kw_only=True):
    """An OA system that signs approvals, and the role that those who approve there have here.

    `public_key` as in `PersonKey`; `max_age_seconds`: for how long a token of its counts;
    `audience`: what its tokens say whom they are for.
    """

    company: str
    role: str
    algorithm: Literal["ed25519", "ecdsa-p256-sha256"]
    public_key: bytes
    max_age_seconds: int
    audience: str = "sealgate"


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How often a rule may permit in a calendar hour, day and month of the policy's time zone."""

    per_hour: int | None = None
    per_day: int | None = None
    per_month: int | None = None


class Approvals(msgspec.Struct, frozen=True, kw_only=True):
    """Who must approve. Nobody counts twice, and who asked never counts.

    Attributes:
        stages: all of which must be complete.
        in_order: whether a stage begins only when the one before is complete.
        expires_seconds: how long an approval counts.
    """

    stages: tuple[Stage, ...]
    in_order: bool = False
    expires_seconds: int = 48 * 3600


class PermitRule(msgspec.Struct, frozen=True, kw_only=True):
    """Permits what matches all of what it says; of each list one is enough.

    At least one of `systems`, `roles`, `companies`, `posts` is not empty. `companies` means exactly
    these, not those whose parent they are.
    """

    id: str
    systems: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    companies: frozenset[str] = frozenset()
    posts: frozenset[str] = frozenset()
    when: str | None = None
    limits: Limits = Limits()
    placement: Placement | None = None
    approvals: Approvals | None = None


class ForbidRule(msgspec.Struct, frozen=True, kw_only=True):
    """Forbids what matches all of what it says, whoever permits it; empty sets mean everybody.

    `companies` are the callers', exactly these.
    """

    id: str
    systems: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    companies: frozenset[str] = frozenset()
    when: str | None = None
    message: str | None = None


class PolicyTest(msgspec.Struct, frozen=True, kw_only=True):
    """An example that a policy carries, with the answer that its author expects.

    `rule` is the full name of the rule that must decide; None when any rule will do. `known` is
    what was used and approved before.
    """

    name: str
    request: SealRequest
    facts: DocumentFacts
    at: datetime
    known: Known = NOTHING_KNOWN
    expect: Literal["allowed", "denied", "needs-approval"]
    rule: str | None = None


class SealScope(msgspec.Struct, frozen=True, kw_only=True):
    """Seals by what they are; all that is said must fit, and what is not said fits every seal.

    `below`: those of companies below the named ones are meant, too.
    """

    types: frozenset[str] = frozenset()
    companies: frozenset[str] = frozenset()
    below: bool = False
    lines: frozenset[str] = frozenset()


class SealPolicy(Named, frozen=True, kw_only=True):
    """Rules for some seals on some document types; either may be ANY if none permits."""

    seals: tuple[str, ...] | SealScope
    document_types: tuple[str, ...]
    time_zone: str
    permit: tuple[PermitRule, ...] = ()
    forbid: tuple[ForbidRule, ...] = ()
    tests: tuple[PolicyTest, ...] = ()


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
