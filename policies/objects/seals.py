"""Seals, and the grants (授权书) to put them on automatically. Lengths are millimetres."""

from datetime import date, datetime
from typing import Literal

import msgspec

from policies.model import Placement
from policies.objects.named import Named

SealState = Literal["draft", "active", "frozen", "retired"]


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
