"""Keys that webhooks are signed with: `whsec_` (HMAC-SHA256) and `whsk_` (Ed25519) in base64."""

import base64
import binascii
import hmac
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.regular_files import opened_regular
from gateway.returns.errors import WebhookKeyError

_SECRET: Final = "whsec_"  # noqa: S105 - the prefix, not a secret
_PRIVATE: Final = "whsk_"
_PUBLIC: Final = "whpk_"
_MOST_BYTES: Final = 4096
_SECRET_BYTES: Final = range(24, 65)  # Standard Webhooks, "Signature scheme"
_NEW_SECRET_BYTES: Final = 32
_SEED_BYTES: Final = 32
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class WebhookKey(Protocol):
    """Signs what is sent."""

    def sign(self, content: bytes) -> str:
        """The signature as the header `webhook-signature` takes it: version, comma, base64."""
        ...


@dataclass(frozen=True, slots=True)
class SharedSecret:
    """`v1`: HMAC-SHA256 with a secret that the receiver has as well."""

    secret: bytes

    def sign(self, content: bytes) -> str:
        """See `WebhookKey`."""
        return f"v1,{_base64(hmac.digest(self.secret, content, 'sha256'))}"

    def __repr__(self) -> str:
        """Without the secret."""
        return "SharedSecret()"


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """`v1a`: Ed25519; the receiver has the public half, and could sign nothing itself."""

    key: Ed25519PrivateKey

    def sign(self, content: bytes) -> str:
        """See `WebhookKey`."""
        return f"v1a,{_base64(self.key.sign(content))}"

    @property
    def public(self) -> str:
        """What the receiver gets: `whpk_` and base64."""
        raw = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return _PUBLIC + _base64(raw)


def new_secret() -> str:
    """A fresh `whsec_` of 256 bits."""
    return _SECRET + _base64(secrets.token_bytes(_NEW_SECRET_BYTES))


def new_private_key() -> str:
    """A fresh `whsk_`."""
    return _PRIVATE + _base64(secrets.token_bytes(_SEED_BYTES))


def parse_key(text: str) -> SharedSecret | PrivateKey:
    """A key as its file has it.

    Raises:
        WebhookKeyError: it is none; the message does not quote it.
    """
    text = text.strip()
    if text.startswith(_PUBLIC):
        raise WebhookKeyError("this is a public key, which signs nothing: it is the receiver's")
    for prefix in (_SECRET, _PRIVATE):
        if text.startswith(prefix):
            raw = _decoded(text.removeprefix(prefix))
            return _secret(raw) if prefix == _SECRET else _private(raw)
    raise WebhookKeyError(
        f"a key begins with {_SECRET} or {_PRIVATE}: make one with `sealgate webhooks key`"
    )


def read_key(path: Path) -> SharedSecret | PrivateKey:
    """The key in a file that only its owner and nobody else may read.

    Raises:
        WebhookKeyError: it cannot be read, is open to others, or holds none.
    """
    try:
        with opened_regular(path) as file:
            mode = stat.S_IMODE(path.stat().st_mode)
            text = file.read(_MOST_BYTES).decode("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise WebhookKeyError(f"{path} cannot be read: {error}") from error
    if mode & _OTHERS:
        raise WebhookKeyError(f"{path} may be read by others: set mode 0400 (it is {mode:04o})")
    try:
        return parse_key(text)
    except WebhookKeyError as error:
        raise WebhookKeyError(f"{path}: {error}") from None


def _secret(raw: bytes) -> SharedSecret:
    if len(raw) not in _SECRET_BYTES:
        raise WebhookKeyError(
            f"a secret has {_SECRET_BYTES[0]} to {_SECRET_BYTES[-1]} bytes, this one {len(raw)}"
        )
    return SharedSecret(raw)


def _private(raw: bytes) -> PrivateKey:
    # Some tools write the public half behind the seed.
    if len(raw) not in {_SEED_BYTES, 2 * _SEED_BYTES}:
        raise WebhookKeyError(f"an Ed25519 key has {_SEED_BYTES} bytes, this one {len(raw)}")
    return PrivateKey(Ed25519PrivateKey.from_private_bytes(raw[:_SEED_BYTES]))


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise WebhookKeyError(f"what follows the prefix is no base64: {error}") from error


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
