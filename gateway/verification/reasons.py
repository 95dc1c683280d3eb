"""What speaks against a signature, in words for who received the file."""

from collections.abc import Iterator

from pyhanko.sign.ades.report import AdESFailure, AdESIndeterminate, AdESSubIndic
from pyhanko.sign.diff_analysis import SuspiciousModification
from pyhanko.sign.validation.status import (
    DocumentTimestampStatus,
    PdfSignatureStatus,
    SignatureCoverageLevel,
)

from gateway.verification.model import SealCertificate

_TRUST: dict[AdESSubIndic, str] = {
    AdESIndeterminate.CHAIN_CONSTRAINTS_FAILURE: (
        "its certificate is not one for seals: the key usage nonRepudiation is missing, or its "
        "chain forbids the use"
    ),
    AdESIndeterminate.CRYPTO_CONSTRAINTS_FAILURE: "it uses an algorithm that is not safe any more",
    AdESIndeterminate.CRYPTO_CONSTRAINTS_FAILURE_NO_POE: (
        "it uses an algorithm that is not safe any more"
    ),
    AdESIndeterminate.OUT_OF_BOUNDS_NO_POE: (
        "its certificate was not valid when it claims to be signed"
    ),
    AdESIndeterminate.REVOKED_NO_POE: "its certificate was revoked",
    AdESIndeterminate.REVOKED_CA_NO_POE: "a certificate above its own was revoked",
    AdESFailure.REVOKED: "its certificate was revoked",
}


def reasons_against(
    status: PdfSignatureStatus | DocumentTimestampStatus,
    certificate: SealCertificate,
    *,
    anchored: bool,
) -> Iterator[str]:
    """Each thing that is wrong, the gravest first.

    Args:
        status: what pyHanko found.
        certificate: the signer's.
        anchored: whether any root is trusted; without one a chain that leads nowhere says nothing.
    """
    if not status.intact:
        yield "the document is not the one that was signed: its digest is another"
    if not status.valid:
        yield "the signature value does not verify with the key of its certificate"
    yield from _changed(status)
    problem = status.trust_problem_indic
    if _leads_nowhere(problem, certificate):
        if anchored:
            yield (
                f"its certificate leads to no trusted root (issued by {certificate.issuer}); if "
                "you trust that issuer, name its root with --trust"
            )
    elif problem is not None:
        yield _TRUST.get(
            problem, f"its certificate does not pass ({problem.standard_name}, EN 319 102-1)"
        )
    if isinstance(status, PdfSignatureStatus):
        yield from _more(status)


def _leads_nowhere(problem: AdESSubIndic | None, certificate: SealCertificate) -> bool:
    # Of a certificate that issued itself pyHanko says the same as of one with the wrong key usage.
    return problem is AdESIndeterminate.NO_CERTIFICATE_CHAIN_FOUND or (
        problem is AdESIndeterminate.CHAIN_CONSTRAINTS_FAILURE
        and certificate.subject == certificate.issuer
    )


def _changed(status: PdfSignatureStatus | DocumentTimestampStatus) -> Iterator[str]:
    if status.coverage is None or status.coverage < SignatureCoverageLevel.ENTIRE_REVISION:
        yield "it does not cover all of the document that it was put on"
    elif isinstance(status.diff_result, SuspiciousModification):
        said = " ".join(str(status.diff_result).split())
        yield f"the document was changed after signing, in a way that no signature allows: {said}"
    elif not status.docmdp_ok:
        yield "the document was changed after signing, which the signature does not allow"


def _more(status: PdfSignatureStatus) -> Iterator[str]:
    if status.seed_value_constraint_error is not None:
        yield f"the signature field demanded otherwise: {status.seed_value_constraint_error}"
    for stamp in (status.timestamp_validity, status.content_timestamp_validity):
        if stamp is not None and not (stamp.valid and stamp.intact and stamp.trusted):
            yield "the time stamp on it is not valid, or not from a trusted authority"
