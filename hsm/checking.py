"""The check in software of what a token signs; it needs no PKCS#11."""

from collections.abc import Callable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from hsm.errors import BadSignatureError
from hsm.interfaces import Mechanism

DIGEST_INFO_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")
"""DER of DigestInfo up to the digest, for SHA-256 (RFC 8017 §9.2, note 1)."""

PublicKey = RSAPublicKey | ec.EllipticCurvePublicKey | Ed25519PublicKey


def software_check(mechanism: Mechanism, public_key: PublicKey) -> Callable[[bytes, bytes], None]:
    """Make the check that every signature passes before it leaves: `check(signature, signed)`.

    `signed` is the digest, or the message for ed25519. The check raises BadSignatureError.
    """
    verify = _verification(mechanism, public_key)

    def check(signature: bytes, signed: bytes) -> None:
        try:
            verify(signature, signed)
        except InvalidSignature:
            raise BadSignatureError(
                "the token gave a signature that does not verify with the key's public half: it "
                "was thrown away. Once may be a fault of the device; if it comes back, the public "
                "key object or certificate on the token belongs to another private key"
            ) from None

    return check


def _verification(mechanism: Mechanism, public_key: PublicKey) -> Callable[[bytes, bytes], None]:
    sha256 = Prehashed(hashes.SHA256())
    match mechanism, public_key:
        case "rsa-pkcs1-sha256", RSAPublicKey():
            pkcs1 = padding.PKCS1v15()
            return lambda signature, signed: public_key.verify(signature, signed, pkcs1, sha256)
        case "rsa-pss-sha256", RSAPublicKey():
            pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
            return lambda signature, signed: public_key.verify(signature, signed, pss, sha256)
        case "ecdsa-p256-sha256", ec.EllipticCurvePublicKey():
            ecdsa = ec.ECDSA(sha256)
            return lambda signature, signed: public_key.verify(signature, signed, ecdsa)
        case "ecdsa-p384-sha384", ec.EllipticCurvePublicKey():
            ecdsa = ec.ECDSA(Prehashed(hashes.SHA384()))
            return lambda signature, signed: public_key.verify(signature, signed, ecdsa)
        case "ed25519", Ed25519PublicKey():
            return public_key.verify
        case _:
            raise TypeError(f"{mechanism} does not go with {type(public_key).__name__}")
