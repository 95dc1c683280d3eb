"""Keys that verify statements: Ed25519, or ECDSA on P-256 for tokens that have no Ed25519."""

from dataclasses import dataclass
from typing import Literal, Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from gateway.statements.errors import StatementKeyError

Algorithm = Literal["EdDSA", "ES256"]
"""RFC 8037 §3.1, here with Ed25519 only; RFC 7518 §3.4."""

COORDINATE_BYTES = 32


@dataclass(frozen=True, slots=True)
class PublicKey:
    """Somebody's public key.

    Attributes:
        id: what a statement's `kid` says.
        algorithm: the one that this key is used with, whatever a statement says of itself.
        value: Ed25519: 32 raw bytes (RFC 8032 §5.1.5); P-256: SubjectPublicKeyInfo, DER.
    """

    id: str
    algorithm: Algorithm
    value: bytes

    @classmethod
    def of(cls, key_id: str, key: object) -> Self:
        """The same key, as `cryptography` has it.

        Raises:
            StatementKeyError: it is neither Ed25519 nor on P-256.
        """
        match key:
            case Ed25519PublicKey():
                return cls(key_id, "EdDSA", key.public_bytes_raw())
            case ec.EllipticCurvePublicKey(curve=ec.SECP256R1()):
                spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
                return cls(key_id, "ES256", spki)
            case _:
                raise StatementKeyError(
                    f"key {key_id!r} is neither Ed25519 nor ECDSA on P-256: make one with "
                    "`openssl genpkey -algorithm ed25519`"
                )

    def verifies(self, signature: bytes, signed: bytes) -> bool:
        """Whether the signature, in JWS's form, is this key's over these bytes.

        Raises:
            StatementKeyError: `value` is no key of `algorithm`.
        """
        try:
            match self.algorithm:
                case "EdDSA":
                    self._ed25519().verify(signature, signed)
                case "ES256":
                    if len(signature) != 2 * COORDINATE_BYTES:
                        return False
                    self._p256().verify(to_der(signature), signed, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True

    def _ed25519(self) -> Ed25519PublicKey:
        try:
            return Ed25519PublicKey.from_public_bytes(self.value)
        except ValueError as error:
            raise StatementKeyError(f"key {self.id!r} is no Ed25519 key: {error}") from None

    def _p256(self) -> ec.EllipticCurvePublicKey:
        try:
            key = load_der_public_key(self.value)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise StatementKeyError(f"key {self.id!r} cannot be read: {error}") from None
        if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
            raise StatementKeyError(f"key {self.id!r} is no key on P-256")
        return key


def to_der(signature: bytes) -> bytes:
    """ECDSA's r and s as JWS writes them (RFC 7518 §3.4), as ECDSA-Sig-Value (RFC 3279 §2.2.3)."""
    return encode_dss_signature(
        int.from_bytes(signature[:COORDINATE_BYTES]), int.from_bytes(signature[COORDINATE_BYTES:])
    )


def from_der(signature: bytes) -> bytes:
    """The inverse of `to_der`."""
    return b"".join(each.to_bytes(COORDINATE_BYTES) for each in decode_dss_signature(signature))
