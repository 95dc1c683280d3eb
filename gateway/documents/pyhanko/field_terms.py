"""What an existing signature field asks of whoever signs in it: seed values and locks.

ISO 32000-2 §12.7.5.5, Tables 235 to 237. A seed value that its flag makes mandatory is met or the
field is refused; what is only recommended is met where it happens to fit. A lock is carried out.
"""

import dataclasses
from collections.abc import Iterator
from typing import Any

from asn1crypto import x509
from pyhanko.sign.fields import (
    FieldMDPSpec,
    MDPPerm,
    SeedLockDocument,
    SigCertConstraintFlags,
    SigCertConstraints,
    SigSeedSubFilter,
    SigSeedValFlags,
    SigSeedValueSpec,
)
from pyhanko.sign.general import SigningError, UnacceptableSignerError

from gateway.documents.errors import FieldUnusableProblem

Flags = SigSeedValFlags
_KNOWN_FLAGS = sum(int(flag.value) for flag in Flags)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """How the seal signs.

    Attributes:
        certificates: the seal's own first, DER.
        digest: such as `sha256`.
        reason: what the signature dictionary will say.
        permission: None for an approval.
    """

    certificates: tuple[bytes, ...]
    digest: str
    reason: str
    permission: MDPPerm | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FieldLock:
    """Which fields the signature locks, and what may change afterwards."""

    fields: FieldMDPSpec
    permission: MDPPerm | None


def lock_of(field: Any) -> FieldLock | None:  # noqa: ANN401 - PDF objects are untyped
    """The field's /Lock, if it has one."""
    if "/Lock" not in field:
        return None
    lock = field["/Lock"]
    permission = MDPPerm(int(lock["/P"])) if "/P" in lock else None
    return FieldLock(fields=FieldMDPSpec.from_pdf_object(lock), permission=permission)


def refuse_unmet(field: Any, signing: Signing, *, name: str) -> None:  # noqa: ANN401 - PDF objects are untyped
    """Compare the field's seed values with how the seal signs.

    Raises:
        FieldUnusableProblem: the seal does not meet them all.
    """
    if "/SV" not in field:
        return
    seed = field["/SV"]
    try:
        values = SigSeedValueSpec.from_pdf_object(seed)
        unmet = list(_unmet(values, seed, signing))
    except (SigningError, ValueError, NotImplementedError) as error:
        unmet = [f"a seed value that is not understood ({error})"]
    if unmet:
        raise FieldUnusableProblem(f"the field {name!r} asks for {' and '.join(unmet)}")


def _unmet(values: SigSeedValueSpec, seed: Any, signing: Signing) -> Iterator[str]:  # noqa: ANN401 - PDF objects are untyped
    flags = values.flags
    if "/Ff" in seed and int(seed["/Ff"]) & ~_KNOWN_FLAGS:
        yield f"something that is not understood (/Ff {seed['/Ff']})"
    pades = SigSeedSubFilter.PADES
    if flags & Flags.SUBFILTER and pades not in (values.subfilters or ()):
        yield "another format of signature than PAdES (/SubFilter)"
    if flags & Flags.DIGEST_METHOD and signing.digest not in (values.digest_methods or ()):
        yield f"another digest than {signing.digest} (/DigestMethod)"
    if flags & Flags.REASONS and signing.reason not in (values.reasons or ()):
        yield "a reason of its own list (/Reasons)"
    if flags & Flags.LEGAL_ATTESTATION and values.legal_attestations:
        yield "a legal attestation (/LegalAttestation)"
    if flags & Flags.ADD_REV_INFO and values.add_rev_info:
        yield "revocation information inside the signature (/AddRevInfo)"
    if flags & Flags.APPEARANCE_FILTER:
        yield "an appearance of its own (/AppearanceFilter)"
    if values.timestamp_required:
        yield "a trusted time stamp (/TimeStamp)"
    yield from _unmet_kind(values, seed, signing)
    if values.cert is not None and not _is_met_by(values.cert, signing.certificates):
        yield "another certificate than the seal's (/Cert)"


def _unmet_kind(values: SigSeedValueSpec, seed: Any, signing: Signing) -> Iterator[str]:  # noqa: ANN401 - PDF objects are untyped
    wanted = values.seed_signature_type
    if wanted is not None and wanted.mdp_perm != signing.permission:
        kind = (
            "an approval"
            if wanted.mdp_perm is None
            else f"a certification (P {seed['/MDP']['/P']})"
        )
        yield f"{kind}, which this seal does not make (/MDP)"
    locks = signing.permission is MDPPerm.NO_CHANGES
    lock_document = values.lock_document
    if values.flags & Flags.LOCK_DOCUMENT and (
        (lock_document is SeedLockDocument.LOCK and not locks)
        or (lock_document is SeedLockDocument.DO_NOT_LOCK and locks)
    ):
        yield "the document locked or left open otherwise than this seal does (/LockDocument)"


def _is_met_by(wanted: SigCertConstraints, certificates: tuple[bytes, ...]) -> bool:
    chain = [x509.Certificate.load(der) for der in certificates]
    issuer = SigCertConstraintFlags.ISSUER
    if wanted.flags & issuer and wanted.issuers is not None:
        known = {each.issuer_serial for each in chain[1:]}
        if not any(each.issuer_serial in known for each in wanted.issuers):
            return False
    try:
        dataclasses.replace(wanted, flags=wanted.flags & ~issuer).satisfied_by(chain[0], None)
    except UnacceptableSignerError:
        return False
    return True
