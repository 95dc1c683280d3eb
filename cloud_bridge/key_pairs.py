"""An organisation's own keys, and the network's: Ed25519 signs, X25519 receives content.

They are keys of machines: they vouch for statements between gateways and for nothing in a document.
Public keys are told raw, base64url without padding (RFC 4648 §5), as JWK does (RFC 8037 §2).
"""

import base64
import binascii
from functools import lru_cache
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

_REMEMBERED_BYTES: Final = 16 * 1024
_SIGNATURE_BYTES: Final = 64
_SPELT: Final = 43
"""32 bytes as base64url without padding."""


class SigningKey:
    """Ed25519 (RFC 8032): signs statements, entries and requests. Never shown when printed."""

    __slots__ = ("_key", "public")

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = _told(key.public_key().public_bytes_raw())

    @classmethod
    def generate(cls) -> Self:
        """A fresh key."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """The key of a PKCS#8 PEM without passphrase; ValueError: there is no such key in it."""
        key = load_pem_private_key(pem, password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError("this is no Ed25519 key: make one with `openssl genpkey`")  # noqa: TRY004 - of the file, not of a type
        return cls(key)

    @property
    def pem(self) -> bytes:
        """PKCS#8 without passphrase: to be kept where only the gateway reads."""
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def sign(self, message: bytes) -> bytes:
        """64 bytes over the message as it is."""
        return self._key.sign(message)


class EncryptionKey:
    """X25519 (RFC 7748), for HPKE (`encryption`). Never shown when printed."""

    __slots__ = ("private", "public")

    def __init__(self, key: X25519PrivateKey) -> None:
        self.private = key
        self.public = _told(key.public_key().public_bytes_raw())

    @classmethod
    def generate(cls) -> Self:
        """A fresh key."""
        return cls(X25519PrivateKey.generate())

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """The key of a PKCS#8 PEM without passphrase; ValueError: there is no such key in it."""
        key = load_pem_private_key(pem, password=None)
        if not isinstance(key, X25519PrivateKey):
            raise ValueError("this is no X25519 key: make one with `openssl genpkey`")  # noqa: TRY004 - of the file, not of a type
        return cls(key)

    @property
    def pem(self) -> bytes:
        """PKCS#8 without passphrase: to be kept where only the gateway reads."""
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def verify(public: str, message: bytes, signature: bytes) -> bool:
    """Whether the Ed25519 key made the signature over the message; a malformed key made none."""
    if len(signature) != _SIGNATURE_BYTES or len(public) != _SPELT:
        return False  # unread: strangers would have us remember whatever they send
    if len(message) > _REMEMBERED_BYTES:
        return _verified(public, message, signature)
    return _verified_lately(public, message, signature)


def _verified(public: str, message: bytes, signature: bytes) -> bool:
    try:
        signing_public(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def encryption_public(public: str) -> X25519PublicKey:
    """The key that a card names; ValueError: it is none."""
    return X25519PublicKey.from_public_bytes(_read(public))


# The same entry comes by the answer, by the feed and by the record. What is remembered is the whole
# question, so that nothing else can pass for it.
_verified_lately = lru_cache(maxsize=1024)(_verified)


@lru_cache(maxsize=4096)
def signing_public(public: str) -> Ed25519PublicKey:
    """The key that a card names; ValueError: it is none."""
    return Ed25519PublicKey.from_public_bytes(_read(public))


def _told(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _read(public: str) -> bytes:
    try:
        raw = base64.b64decode(public + "=" * (-len(public) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("a public key is 32 bytes, base64url") from error
    if _told(raw) != public:
        raise ValueError("a public key has one spelling: base64url without padding")
    return raw
