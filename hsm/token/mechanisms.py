"""How each mechanism is asked of a token, and how what it gives is encoded.

Tokens get raw mechanisms and digests that were made outside: the document worker has the bytes,
the signer has not, and SoftHSM 2.6 has no CKM_ECDSA_SHA256 anyway.
"""

from dataclasses import dataclass
from types import MappingProxyType

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from pkcs11 import MGF, KeyType
from pkcs11 import Mechanism as RawMechanism

from hsm.checking import DIGEST_INFO_SHA256
from hsm.errors import BadSignatureError
from hsm.interfaces import Mechanism


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """One mechanism in PKCS#11's terms.

    Attributes:
        key_type: CKA_KEY_TYPE that it needs.
        raw: the mechanism that the token is asked for.
        parameter: its parameter, as python-pkcs11 takes it.
        prefix: goes before the digest in what the token signs.
        digest_length: in bytes; None where messages are signed.
        curve: names of CKA_EC_PARAMS that will do, DER; the first one is used to make keys.
        coordinate: length of r and of s in the raw signature, in bytes; None if not ECDSA.
    """

    key_type: KeyType
    raw: RawMechanism
    parameter: tuple[RawMechanism, MGF, int] | None = None
    prefix: bytes = b""
    digest_length: int | None = None
    curve: tuple[bytes, ...] = ()
    coordinate: int | None = None


RULES: MappingProxyType[Mechanism, Rules] = MappingProxyType(
    {
        "rsa-pkcs1-sha256": Rules(
            key_type=KeyType.RSA,
            raw=RawMechanism.RSA_PKCS,
            prefix=DIGEST_INFO_SHA256,
            digest_length=32,
        ),
        "rsa-pss-sha256": Rules(
            key_type=KeyType.RSA,
            raw=RawMechanism.RSA_PKCS_PSS,
            # The salt is as long as the digest, as everywhere in CMS (RFC 4056 §3).
            parameter=(RawMechanism.SHA256, MGF.SHA256, 32),
            digest_length=32,
        ),
        "ecdsa-p256-sha256": Rules(
            key_type=KeyType.EC,
            raw=RawMechanism.ECDSA,
            digest_length=32,
            curve=(bytes.fromhex("06082a8648ce3d030107"),),
            coordinate=32,
        ),
        "ecdsa-p384-sha384": Rules(
            key_type=KeyType.EC,
            raw=RawMechanism.ECDSA,
            digest_length=48,
            curve=(bytes.fromhex("06052b81040022"),),
            coordinate=48,
        ),
        "ed25519": Rules(
            key_type=KeyType.EC_EDWARDS,
            raw=RawMechanism.EDDSA,
            # id-Ed25519 (RFC 8410 §3), and the curve's name, which PKCS#11 3.0 §2.3.10 allows too.
            curve=(bytes.fromhex("06032b6570"), bytes.fromhex("130c") + b"edwards25519"),
        ),
    }
)


def encode(rules: Rules, raw: bytes) -> bytes:
    """Turn what the token gave into what the world expects: ECDSA's r||s into DER.

    Raises:
        BadSignatureError: it is not as long as r||s on this curve.
    """
    if rules.coordinate is None:
        return raw
    if len(raw) != 2 * rules.coordinate:
        raise BadSignatureError(
            f"the token gave {len(raw)} bytes for an ECDSA signature instead of "
            f"{2 * rules.coordinate}: the module does not do raw CKM_ECDSA as PKCS#11 says"
        )
    return encode_dss_signature(
        int.from_bytes(raw[: rules.coordinate]), int.from_bytes(raw[rules.coordinate :])
    )
