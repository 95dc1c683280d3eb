"""What is taken here must be taken by whoever verifies the transcript. Runs in the child only.

`sealgate envelope verify` judges by another library, with other bounds. A partner could else sign
by a certificate or a kind of key, or write its signature in a way, that is taken here and not
there, and deny the contract by that.
"""

from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from cloud_bridge.containers import ContainerError, UntrustedError, covered, who_signed
from gateway.revisions.faults import RevisionFaultError
from gateway.verification.model import AskedRevision

_CURVES: Final = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
_FEWEST_BITS: Final = 2048
_INDEFINITE: Final = b"\x80"
"""A length that is not told (X.690 §8.1.3.6)."""
_NO_DER: Final = (
    "its container is BER, and a PDF takes DER alone (ISO 32000-2 §12.8.3.3): the program that "
    "signed has to write DER (Bouncy Castle: getEncoded(ASN1Encoding.DER))"
)


def refuse_what_no_court_takes(
    signature: EmbeddedPdfSignature,
    container: bytes,
    document: bytes,
    start: int,
    *,
    asked: AskedRevision,
) -> int:
    """See that a signature counts by `cloud_bridge`, too; gives where its revision ends.

    Args:
        signature: that was added.
        container: its own.
        document: all of it.
        start: where what the signature's revision added begins.
        asked: by whose roots, and when. The network vouches for persons.

    Raises:
        RevisionFaultError: `not-intact` or `untrusted`.
    """
    if bytes(signature.pkcs7_content)[1:2] == _INDEFINITE:
        raise RevisionFaultError("not-intact", _NO_DER)
    first, before, after, length = (int(each) for each in signature.byte_range)
    end = after + length
    parts = document[first : first + before], document[after:end]
    try:
        is_there = covered(document, start, end, container=container) == parts
        signer = who_signed(container, *parts)
        if not asked.is_person:
            _check_key(signer.certificate)
            signer.lead_to(asked.trust, at=asked.at)
    except ContainerError as error:
        raise RevisionFaultError("not-intact", str(error)) from error
    except UntrustedError as error:
        raise RevisionFaultError("untrusted", str(error)) from error
    if not is_there:
        raise RevisionFaultError("not-intact", "its container stands elsewhere than it says")
    return end


def _check_key(certificate: x509.Certificate) -> None:
    key = certificate.public_key()
    is_rsa = isinstance(key, rsa.RSAPublicKey) and key.key_size >= _FEWEST_BITS
    if not is_rsa and not (
        isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, _CURVES)
    ):
        raise RevisionFaultError("untrusted", "its certificate has a key of no kind that counts")
