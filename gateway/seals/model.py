"""A seal as a document worker needs it: everything public, nothing secret."""

from datetime import datetime
from typing import Literal

import msgspec

from hsm.interfaces import Mechanism
from policies.model import Placement
from policies.objects.seals import RoundStamp


class Picture(msgspec.Struct, frozen=True, kw_only=True, tag="picture"):
    """The bytes of a picture that the company supplied."""

    kind: Literal["svg", "png"]
    data: bytes
    width_mm: float


class SealMaterial(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed to prepare and complete a document, apart from the key itself.

    Attributes:
        fingerprint: SHA-256 over everything else, hex; two materials with one fingerprint are the
            same. Made by `gateway.seals.registry`.
        id: the seal's id.
        company: the company whose seal it is.
        key: the key's id in the signer's configuration.
        mechanism: how that key signs.
        certificates: DER, the seal's own certificate first, then its chain without the root.
        not_before: from when the seal's certificate is valid.
        not_after: until when.
        kind: whether its signature certifies the document or approves it (ISO 32000-2 §12.8.1).
        permission: what may be changed after a certification (§12.8.2.2, DocMDP P 1 or 2).
        stamp: what the eye sees, if anything.
        placement: where the stamp goes when neither rule nor request says.
    """

    fingerprint: str
    id: str
    company: str
    key: str
    mechanism: Mechanism
    certificates: tuple[bytes, ...]
    not_before: datetime
    not_after: datetime
    kind: Literal["certification", "approval"]
    permission: Literal["no-changes", "form-filling"]
    stamp: RoundStamp | Picture | None
    placement: Placement | None
