"""Public keys as they are written, each in one way, and only those that prove anything."""

import base64
import binascii
from typing import Final, Literal

from strictyaml import refusal

SigningAlgorithm = Literal["ed25519", "ecdsa-p256-sha256"]
"""What people and OA systems sign with."""

_ED25519_BYTES: Final = 32
_FIELD: Final = 2**255 - 19
_Y: Final = 2**255 - 1
# RFC 5480 §2: an uncompressed point of secp256r1 as SubjectPublicKeyInfo always begins like this.
_P256_PREFIX: Final = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
_P256_BYTES: Final = 91
# The y of all points of edwards25519 whose order divides 8: one of order 1, one of 2, two of 4, and
# four of 8. Signatures by them are made without a private key (RFC 8032 §5.1.7, RFC 7748 §6.1).
_LOW_ORDER: Final = frozenset(
    {
        1,
        _FIELD - 1,
        0,
        0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
        0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
    }
)


def key_for(algorithm: SigningAlgorithm, text: str) -> str:
    """The text, if it is a public key for the algorithm; for a model's validator to raise.

    A key has one spelling only: of base64 the one without stray bits (RFC 4648 §3.5), of a number
    the one below the field's prime.
    """
    data = key_bytes(text)
    if algorithm == "ed25519" and len(data) != _ED25519_BYTES:
        raise refusal(
            "not an Ed25519 public key: that is the base64 of 32 raw bytes",
            "give the raw key, not PEM or DER",
        )
    is_p256 = len(data) == _P256_BYTES and data.startswith(_P256_PREFIX)
    if algorithm == "ecdsa-p256-sha256" and not is_p256:
        raise refusal(
            "not a P-256 public key: that is the base64 of a SubjectPublicKeyInfo of 91 bytes",
            "take it from `openssl pkey -pubin -in FILE -outform DER | base64 -w0`",
        )
    canonical = base64.b64encode(data).decode()
    if canonical != text:
        raise refusal("the base64 has stray bits at its end", f"write {canonical}")
    if algorithm == "ed25519" and not _proves_anything(data):
        raise refusal(
            "anybody can sign for this Ed25519 key, or it has a second spelling",
            "make a new key: `openssl genpkey -algorithm ed25519 -out FILE`",
        )
    return text


def key_bytes(text: str) -> bytes:
    """What is written in base64; nothing where it is none."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _proves_anything(raw: bytes) -> bool:
    # RFC 8032 §5.1.2: y in little-endian order, and in the top bit the sign of x.
    y = int.from_bytes(raw, "little") & _Y
    return y < _FIELD and y not in _LOW_ORDER
