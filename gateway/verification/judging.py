"""From the bytes of a PDF to a judgement of its signatures, by pyHanko. Runs in the child only.

Everything that reading a signature or the changes after it makes pyHanko raise counts against the
signature: half of the public shadow attacks show up as an error while the change is read.
"""

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from io import BytesIO

import msgspec
from asn1crypto import x509
from cryptography import x509 as certificates
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation import validate_pdf_signature, validate_pdf_timestamp
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature, read_certification_data
from pyhanko.sign.validation.status import (
    DocumentTimestampStatus,
    PdfSignatureStatus,
    SignatureCoverageLevel,
)
from pyhanko_certvalidator import ValidationContext

from gateway.revisions.faults import RevisionFaultError
from gateway.revisions.plain_bytes import check_plain_bytes
from gateway.verification.differences import rules_for
from gateway.verification.model import (
    Changes,
    Coverage,
    FileJudgement,
    Permission,
    SealCertificate,
    SignatureJudgement,
    worst,
)
from gateway.verification.reasons import reasons_against

_HEADER_WITHIN = 1024
_LONGEST_TOLD = 300
CLOCKS_DIFFER = timedelta(minutes=5)
_LARGEST_KNOWN = 16 * 1024
_RECORD = re.compile(r"Sealgate record ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_HEX_STRING = re.compile(rb"<[0-9A-Fa-f\s]*>")

_COVERAGES: dict[SignatureCoverageLevel, Coverage] = {
    SignatureCoverageLevel.ENTIRE_FILE: "entire-file",
    SignatureCoverageLevel.ENTIRE_REVISION: "entire-revision",
    SignatureCoverageLevel.CONTIGUOUS_BLOCK_FROM_START: "part",
    SignatureCoverageLevel.UNCLEAR: "unclear",
}
_CHANGES: dict[ModificationLevel, Changes] = {
    ModificationLevel.NONE: "none",
    ModificationLevel.LTA_UPDATES: "archival",
    ModificationLevel.FORM_FILLING: "form-filling",
    ModificationLevel.ANNOTATIONS: "annotations",
    ModificationLevel.OTHER: "other",
}
_PERMISSIONS: dict[MDPPerm, Permission] = {
    MDPPerm.NO_CHANGES: "no-changes",
    MDPPerm.FILL_FORMS: "form-filling",
    MDPPerm.ANNOTATE: "annotations",
}


class Judging:
    """Judges by one set of trusted certificates (DER). Without any it finds what is broken."""

    def __init__(self, *, trust: tuple[bytes, ...]) -> None:
        self._trust = [x509.Certificate.load(each) for each in trust]

    def judge(self, document: bytes, *, now: datetime) -> FileJudgement:
        """Judge every signature; `now` bounds when one can have been made."""
        try:
            return self._judge(document, now)
        except MemoryError:
            return FileJudgement(
                verdict="could-not-tell", why=("reading it took more memory than is allowed",)
            )

    def _judge(self, document: bytes, now: datetime) -> FileJudgement:
        if b"%PDF-" not in document[:_HEADER_WITHIN]:
            return FileJudgement(verdict="could-not-tell", why=("it is not a PDF file",))
        try:
            reader = PdfFileReader(BytesIO(document), strict=True)
            if reader.xrefs.hybrid_xrefs_present:
                # Read without fault, but of a strict reader pyHanko lets no hybrid be judged. Word
                # processors write hybrids, and other verifiers judge them (ISO 32000-2 §7.5.8.4).
                reader = PdfFileReader(BytesIO(document), strict=False)
            if reader.encrypted:
                why = "it is encrypted, so what was signed cannot be seen: verify it unencrypted"
                return FileJudgement(verdict="could-not-tell", why=(why,))
            signatures = reader.embedded_signatures
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - a hostile file makes pyHanko raise anything
            return _unreadable(document, error)
        if not signatures:
            return _without_signature(document)
        judged = [
            self._judge_signature(each, document, now, is_last=each is signatures[-1])
            for each in signatures
        ]
        odd = _read_otherwise(reader, document, signatures)
        if odd is not None:
            number, why = odd
            judged = [
                _spoiled(found, why) if signature.signed_revision < number else found
                for signature, found in zip(signatures, judged, strict=True)
            ]
        return FileJudgement(
            verdict=worst(tuple(each.verdict for each in judged)), signatures=tuple(judged)
        )

    def _judge_signature(
        self, signature: EmbeddedPdfSignature, document: bytes, now: datetime, *, is_last: bool
    ) -> SignatureJudgement:
        field = str(signature.field_name)
        try:
            return self._weigh(signature, document, now, is_last=is_last)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - see the module's docstring
            return SignatureJudgement(
                field=field,
                kind="signature",
                verdict="not-valid",
                why=(f"it cannot be checked, so it does not count: {told(error)}",),
            )

    def _weigh(
        self, signature: EmbeddedPdfSignature, document: bytes, now: datetime, *, is_last: bool
    ) -> SignatureJudgement:
        is_timestamp = signature.sig_object_type == "/DocTimeStamp"
        claimed_at = None if is_timestamp else signature.self_reported_timestamp
        moment = now if claimed_at is None or claimed_at > now else claimed_at
        context = ValidationContext(trust_roots=self._trust, allow_fetching=False, moment=moment)
        status: PdfSignatureStatus | DocumentTimestampStatus
        if is_timestamp:
            status = validate_pdf_timestamp(signature, context)
        else:
            status = validate_pdf_signature(signature, context, diff_policy=rules_for(signature))
        certificate = certificate_of(signature)
        why = [*reasons_against(status, certificate, anchored=bool(self._trust))]
        is_root_missing = len(why) == 1 and not any(
            reasons_against(status, certificate, anchored=False)
        )
        if not is_timestamp:
            why += _against_the_time(claimed_at, certificate, now)
        if is_last and not _covers_all(signature, status.coverage, document):
            why.append(
                "bytes follow that the last signature does not cover: the file was added to after "
                "it was signed"
            )
        if self._trust and not why and not _passes(status):
            why.append(f"it does not pass as a whole ({status.summary()})")
        untrusted = not self._trust and not why
        is_root_missing = is_root_missing and len(why) == 1
        return SignatureJudgement(
            field=str(signature.field_name),
            kind="timestamp" if is_timestamp else "signature",
            verdict="not-valid" if why else "could-not-tell" if untrusted else "valid",
            why=("there is no trusted root to judge its certificate by",)
            if untrusted
            else tuple(why),
            only_untrusted=is_root_missing,
            certificate=certificate,
            claimed_at=claimed_at,
            level=_level(signature, status),
            coverage=None if status.coverage is None else _COVERAGES[status.coverage],
            changes=None
            if status.modification_level is None
            else _CHANGES[status.modification_level],
            certifies=_certifies(signature),
            permission=None
            if signature.docmdp_level is None
            else _PERMISSIONS[signature.docmdp_level],
            record=_record(signature),
        )


def _read_otherwise(
    reader: PdfFileReader, document: bytes, signatures: list[EmbeddedPdfSignature]
) -> tuple[int, str] | None:
    """The first update upon a signature that readers read otherwise than pyHanko, and why."""
    first = min(signatures, key=lambda each: each.signed_revision)
    end = int(first.byte_range[2]) + int(first.byte_range[3])
    for number in range(first.signed_revision + 1, reader.xrefs.total_revisions):
        try:
            end = check_plain_bytes(reader, document, number, end, may_free=True)
        except MemoryError:
            raise
        except RevisionFaultError as found:
            return (number, found.why) if found.fault == "ambiguous" else None
        except Exception as error:  # noqa: BLE001 - see the module's docstring
            return number, told(error)
    return None


def _spoiled(judged: SignatureJudgement, why: str) -> SignatureJudgement:
    words = f"the document was added to after signing in a way that readers differ on: {why}"
    return msgspec.structs.replace(
        judged, verdict="not-valid", why=(*judged.why, words), only_untrusted=False
    )


def _unreadable(document: bytes, error: Exception) -> FileJudgement:
    # A signature dictionary stands in the open, its /ByteRange cannot be in a compressed stream.
    if b"/ByteRange" in document:
        why = (
            "it carries a signature, but its structure cannot be read with certainty, which a "
            f"sealed file that nobody touched can: {told(error)}"
        )
        return FileJudgement(verdict="not-valid", why=(why,))
    why = f"it is damaged and carries no signature that could be found: {told(error)}"
    return FileJudgement(verdict="could-not-tell", why=(why,))


def _without_signature(document: bytes) -> FileJudgement:
    if b"/ByteRange" in document:
        why = "what looks like a signature is in the file, but no signature field leads to it"
    else:
        why = "it carries no signature"
    return FileJudgement(verdict="not-valid", why=(why,))


def _against_the_time(
    claimed_at: datetime | None, certificate: SealCertificate, now: datetime
) -> Iterator[str]:
    if claimed_at is None:
        yield "it does not say when it was signed"
    elif claimed_at > now + CLOCKS_DIFFER:
        yield f"it claims to be signed at {claimed_at:%Y-%m-%d %H:%M:%S %Z}, which lies ahead"
    elif claimed_at < certificate.not_before:
        yield f"its certificate was not valid before {certificate.not_before:%Y-%m-%d %H:%M:%S %Z}"
    elif claimed_at > certificate.not_after:
        yield f"its certificate had expired on {certificate.not_after:%Y-%m-%d %H:%M:%S %Z}"


def _covers_all(
    signature: EmbeddedPdfSignature, coverage: SignatureCoverageLevel | None, document: bytes
) -> bool:
    """Whether all bytes are covered but for the one string that holds the container."""
    return coverage is SignatureCoverageLevel.ENTIRE_FILE and covers_its_revision(
        signature, document, is_last=True
    )


def covers_its_revision(signature: EmbeddedPdfSignature, document: bytes, *, is_last: bool) -> bool:
    """Whether all bytes up to its end are covered but for the one string that holds the container.

    pyHanko compares lengths; where the gap lies is asked here, because a gap that is the wrong one
    would leave other bytes open. `is_last`: its end is that of the document.
    """
    start, before, after, length = (int(each) for each in signature.byte_range)
    return (
        start == 0
        and (not is_last or after + length == len(document))
        and _HEX_STRING.fullmatch(document, before, after) is not None
    )


def _passes(status: PdfSignatureStatus | DocumentTimestampStatus) -> bool:
    # Asked last, so that nothing pyHanko finds can be missed for want of a sentence of ours.
    if isinstance(status, PdfSignatureStatus):
        return bool(status.bottom_line)
    return bool(status.intact and status.valid and status.trusted and status.docmdp_ok)


def certificate_of(signature: EmbeddedPdfSignature) -> SealCertificate:
    """The certificate that a signature names as its own."""
    der = signature.signer_cert.dump()
    return _known(der) if len(der) <= _LARGEST_KNOWN else _taken_apart(der)


def _taken_apart(der: bytes) -> SealCertificate:
    """What a certificate says."""
    found = certificates.load_der_x509_certificate(der)
    subject = found.subject.rfc4514_string()
    names = found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return SealCertificate(
        name=str(names[0].value) if names else subject,
        subject=subject,
        issuer=found.issuer.rfc4514_string(),
        sha256=hashlib.sha256(der).hexdigest(),
        not_before=found.not_valid_before_utc,
        not_after=found.not_valid_after_utc,
    )


_known = lru_cache(maxsize=256)(_taken_apart)
"""A partner signs by the same certificate again and again."""


def _level(
    signature: EmbeddedPdfSignature, status: PdfSignatureStatus | DocumentTimestampStatus
) -> str:
    if isinstance(status, DocumentTimestampStatus):
        return "time stamp"
    if str(signature.sig_object.get("/SubFilter")) != "/ETSI.CAdES.detached":
        return "PKCS#7"
    return "PAdES B-B" if status.timestamp_validity is None else "PAdES B-T"


def _certifies(signature: EmbeddedPdfSignature) -> bool:
    certification = read_certification_data(signature.reader)
    if certification is None:
        return False
    ours = signature.sig_object.container_ref
    return ours is not None and certification.author_sig.container_ref == ours


def _record(signature: EmbeddedPdfSignature) -> str | None:
    found = _RECORD.fullmatch(str(signature.sig_object.get("/Reason", "")))
    return None if found is None else found[1]


def told(error: Exception) -> str:
    """What an error says, shortened."""
    # pyHanko quotes what it read, and a hostile file can make that long.
    said = " ".join(str(error)[:_LONGEST_TOLD].split())
    return said or type(error).__name__
