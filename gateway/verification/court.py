"""What is taken here must be taken by whoever verifies the transcript. Runs in the child only.

`sealgate envelope verify` judges by another library, with other bounds. A partner could else sign
by a certificate, or a kind of key, that is taken here and not there, and deny the contract by that.
"""

from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from cloud_bridge.containers import ContainerError, who_signed
from gateway.revisions.faults import RevisionFaultError

_CURVES: Final = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
_FEWEST_BITS: Final = 2048


def refuse_what_no_court_takes(
    signature: EmbeddedPdfSignature, container: bytes, document: bytes
) -> None:
    """See that a company's signature counts by `cloud_bridge.containers`, too.

    Its roots are not asked there again: they are those of whoever verifies.

    Raises:
        RevisionFaultError: `not-intact` or `untrusted`.
    """
    start, before, after, length = (int(each) for each in signature.byte_range)
    parts = document[start : start + before], document[after : after + length]
    try:
        certificate = who_signed(container, *parts).certificate
    except ContainerError as error:
        raise RevisionFaultError("not-intact", str(error)) from error
    key = certificate.public_key()
    is_rsa = isinstance(key, rsa.RSAPublicKey) and key.key_size >= _FEWEST_BITS
    if not is_rsa and not (
        isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, _CURVES)
    ):
        raise RevisionFaultError("untrusted", "its certificate has a key of no kind that counts")
    if _is_authority(certificate):
        raise RevisionFaultError("untrusted", "its certificate is an authority's")


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False
