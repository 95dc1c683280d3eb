"""Certificate requests (PKCS#10, RFC 2986) that a key in the token signs."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from asn1crypto import algos, csr, keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hsm.errors import BadSignatureError, KeyStoreError
from hsm.interfaces import KeyDescription, Mechanism

_PSS = {
    "hash_algorithm": {"algorithm": "sha256"},
    "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": "sha256"}},
    "salt_length": 32,
}
_ALGORITHMS: dict[Mechanism, tuple[str, dict[str, object]]] = {
    "rsa-pkcs1-sha256": ("sha256", {"algorithm": "sha256_rsa"}),
    "rsa-pss-sha256": ("sha256", {"algorithm": "rsassa_pss", "parameters": _PSS}),
    "ecdsa-p256-sha256": ("sha256", {"algorithm": "sha256_ecdsa"}),
    "ecdsa-p384-sha384": ("sha384", {"algorithm": "sha384_ecdsa"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsigned:
    """A request that the key has still to sign.

    Attributes:
        key: whose.
        information: CertificationRequestInfo, DER.
        digest: of it, as the key's mechanism signs it.
    """

    key: KeyDescription
    information: bytes
    digest: bytes


def unsigned_request(key: KeyDescription, *, subject: bytes) -> Unsigned:
    """The request, which asks for a certificate that signs and binds (RFC 5280 §4.2.1.3).

    Args:
        key: as the token describes it.
        subject: Name, DER.

    Raises:
        KeyStoreError: the key gets no certificate.
    """
    if key.mechanism not in _ALGORITHMS:
        raise KeyStoreError(
            f"key {key.id!r} signs the audit log, with {key.mechanism}, and has no certificate: "
            "name a key with purpose `seal`"
        )
    usage = asn1_x509.KeyUsage({"digital_signature", "non_repudiation"})
    wanted = [{"extn_id": "key_usage", "critical": True, "extn_value": usage}]
    information = csr.CertificationRequestInfo(
        {
            "version": "v1",
            "subject": asn1_x509.Name.load(subject),
            "subject_pk_info": keys.PublicKeyInfo.load(key.public_key),
            "attributes": [{"type": "extension_request", "values": [wanted]}],
        }
    ).dump()
    digest = hashlib.new(_ALGORITHMS[key.mechanism][0], information).digest()
    return Unsigned(key=key, information=information, digest=digest)


def signed_request(unsigned: Unsigned, sign: Callable[[str, bytes], bytes]) -> bytes:
    """Have the key sign it; gives the request, DER, which another implementation has verified.

    Args:
        unsigned: the request.
        sign: as `KeyStore.sign`.

    Raises:
        KeyStoreError: the token failed, or what came of it does not verify.
    """
    signature = sign(unsigned.key.id, unsigned.digest)
    request: bytes = csr.CertificationRequest(
        {
            "certification_request_info": csr.CertificationRequestInfo.load(unsigned.information),
            "signature_algorithm": algos.SignedDigestAlgorithm(
                _ALGORITHMS[unsigned.key.mechanism][1]
            ),
            "signature": signature,
        }
    ).dump()
    if not proves(request, unsigned.key.public_key):
        raise BadSignatureError(
            f"the request that key {unsigned.key.id!r} signed does not verify, and was thrown "
            "away: run `sealgate hsm test`, and tell us"
        )
    return request


def proves(request: bytes, public_key: bytes) -> bool:
    """Whether a request (DER) is for that key (SubjectPublicKeyInfo, DER) and signed by it."""
    try:
        read = x509.load_der_x509_csr(request)
        named = read.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except ValueError:
        return False
    return read.is_signature_valid and named == public_key
