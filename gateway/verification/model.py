"""What is found out about a sealed file; `sealgate verify --json` tells it in camelCase."""

from datetime import datetime
from typing import Literal

import msgspec

from gateway.revisions.faults import RevisionFault

Verdict = Literal["valid", "not-valid", "could-not-tell"]
Coverage = Literal["entire-file", "entire-revision", "part", "unclear"]
Changes = Literal["none", "archival", "form-filling", "annotations", "other"]
Permission = Literal["no-changes", "form-filling", "annotations"]


class SealCertificate(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The certificate that the signature names as its own.

    Attributes:
        name: the common name, or the whole subject where there is none.
        subject: RFC 4514.
        issuer: RFC 4514.
        sha256: of the DER, hex.
        not_before: from when it is valid.
        not_after: until when.
    """

    name: str
    subject: str
    issuer: str
    sha256: str
    not_before: datetime
    not_after: datetime


class SignatureJudgement(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One signature. What could not be read is None.

    Attributes:
        field: name of the signature field.
        kind: a seal's or person's signature, or a time stamp over the document.
        verdict: whether it stands.
        why: why not, a sentence each; empty when it is valid.
        only_untrusted: nothing else stands against it than that it leads to no root that was
            named. To the gateway it is `not-valid`; a reader, who may name the root yet, is told
            `could-not-tell`.
        certificate: the signer's.
        claimed_at: when it was signed, as the signer says; nothing proves it below PAdES B-T.
        level: `PAdES B-B`, `PAdES B-T`, `PKCS#7` (signed the old way) or `time stamp`.
        coverage: how much of the file the signature covers.
        changes: what was changed after it.
        certifies: whether it is the certification of the document (ISO 32000-2 §12.8.2.2).
        permission: what may be changed after it, where it says so.
        record: id of the document at the gateway that sealed it.
    """

    field: str
    kind: Literal["signature", "timestamp"]
    verdict: Verdict
    why: tuple[str, ...] = ()
    only_untrusted: bool = False
    certificate: SealCertificate | None = None
    claimed_at: datetime | None = None
    level: str | None = None
    coverage: Coverage | None = None
    changes: Changes | None = None
    certifies: bool = False
    permission: Permission | None = None
    record: str | None = None


class FileJudgement(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One file: the worst verdict of its signatures, or why it was not got to them."""

    verdict: Verdict
    why: tuple[str, ...] = ()
    signatures: tuple[SignatureJudgement, ...] = ()


class AskedRevision(msgspec.Struct, frozen=True, kw_only=True):
    """What a revision must be.

    Attributes:
        base_bytes: how many of its first bytes are the document that was signed upon.
        trust: the only certificates that are believed without proof, DER.
        name: whose certificate it must be: the subject's O or CN; None: of anybody.
        looks_under: whether to find out what lies under its stamps, which takes a few milliseconds.
        is_person: whether only the CN counts as the name: O is then who issued it.
        at: when it was received; it was signed before, and the certificate counts still.
        field: the signature field that was told; None: it does not matter.
        container: SHA-256 of the CMS DER that was told, hex; None: it does not matter.
        most: how many signatures may follow one another, all of that name.
        largest_mm: wider or higher no stamp of it may be: it would cover what was agreed on.
    """

    base_bytes: int
    trust: tuple[bytes, ...]
    name: str | None
    at: datetime
    field: str | None = None
    container: str | None = None
    most: int = 1
    largest_mm: float = 80.0
    is_person: bool = False
    looks_under: bool = True


class AddedSignature(msgspec.Struct, frozen=True, kw_only=True):
    """A signature that the revision added. `names`: O and CN of the certificate's subject."""

    field: str
    container: bytes
    certificate: SealCertificate
    names: tuple[str, ...]
    claimed_at: datetime | None


class RevisionJudgement(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a revision adds its signatures and nothing else; `fault` None: it does.

    `why` says where and what, for people; it may quote names of the file, shortened.
    `over_text` says what lies under the stamps that it added; empty: nothing, or nobody asked, or
    they are a person's, who fills in.
    """

    fault: RevisionFault | None = None
    why: str = ""
    added: tuple[AddedSignature, ...] = ()
    over_text: str = ""


def worst(verdicts: tuple[Verdict, ...]) -> Verdict:
    """What is wrong for certain outweighs what could not be told, and that what is right.

    Nothing at all gives `not-valid`: a file without a signature is not sealed.
    """
    for verdict in ("not-valid", "could-not-tell"):
        if verdict in verdicts:
            return verdict
    return "valid" if verdicts else "not-valid"
