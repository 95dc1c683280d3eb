"""Signed tree heads: C2SP tlog-checkpoint v1.0.0 in a signed-note v1.0.0, by one Ed25519 key."""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gateway.audit.errors import CheckpointInvalidError
from gateway.audit.merkle import HASH_BYTES

_ED25519 = b"\x01"
_SIGNATURE_LINE = re.compile(r"— (\S+) ([A-Za-z0-9+/]+={0,2})")
_VERIFIER_KEY = re.compile(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})")


@dataclass(frozen=True, slots=True)
class TreeHead:
    """How many leaves there are, and the root over them."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class LogKey:
    """A log's name (its origin) and its public key, 32 bytes."""

    origin: str
    public_key: bytes

    @property
    def id(self) -> bytes:
        """The four bytes that stand before a signature (signed-note, key ID)."""
        return hashlib.sha256(self.origin.encode() + b"\n" + _ED25519 + self.public_key).digest()[
            :4
        ]

    def encoded(self) -> str:
        """The verifier key as others write it: `origin+id+base64`."""
        key = base64.b64encode(_ED25519 + self.public_key).decode()
        return f"{self.origin}+{self.id.hex()}+{key}"

    @classmethod
    def parse(cls, text: str) -> "LogKey":
        """The inverse of `encoded`.

        Raises:
            CheckpointInvalidError: not a verifier key for Ed25519, or its id does not fit.
        """
        parts = _VERIFIER_KEY.fullmatch(text.strip())
        key = _decoded(parts[3]) if parts else b""
        if parts is None or key[:1] != _ED25519 or len(key) != 1 + HASH_BYTES:
            raise CheckpointInvalidError("not an Ed25519 verifier key (origin+id+base64)")
        parsed = cls(parts[1], key[1:])
        if parsed.id.hex() != parts[2]:
            raise CheckpointInvalidError("the verifier key's id does not fit its name and key")
        return parsed


def checkpoint_text(origin: str, head: TreeHead) -> bytes:
    """The text that is signed: origin, size, root."""
    return f"{origin}\n{head.size}\n{base64.b64encode(head.root).decode()}\n".encode()


def signed_checkpoint(key: LogKey, head: TreeHead, signature: bytes) -> str:
    """The note: text, empty line, signature line."""
    line = base64.b64encode(key.id + signature).decode()
    return f"{checkpoint_text(key.origin, head).decode()}\n— {key.origin} {line}\n"


def open_checkpoint(note: str, key: LogKey) -> TreeHead:
    """Check the signature and give the tree head.

    Raises:
        CheckpointInvalidError: the form is wrong, or no signature by this key verifies.
    """
    text, separator, signatures = note.partition("\n\n")
    lines = text.split("\n")
    if not separator or len(lines) != 3 or lines[0] != key.origin:  # noqa: PLR2004 - three lines
        raise CheckpointInvalidError(f"not a checkpoint of {key.origin!r}")
    try:
        head = TreeHead(int(lines[1]), base64.b64decode(lines[2], validate=True))
    except (ValueError, binascii.Error) as error:
        raise CheckpointInvalidError("the size or the root cannot be read") from error
    if str(head.size) != lines[1] or len(head.root) != HASH_BYTES:
        raise CheckpointInvalidError("the size or the root is not in canonical form")
    for line in signatures.splitlines():
        if _verifies(line, f"{text}\n".encode(), key):
            return head
    raise CheckpointInvalidError("no signature by the log's key verifies")


def _verifies(line: str, text: bytes, key: LogKey) -> bool:
    parts = _SIGNATURE_LINE.fullmatch(line)
    if parts is None or parts[1] != key.origin:
        return False
    signature = _decoded(parts[2])
    if signature[:4] != key.id:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key.public_key).verify(signature[4:], text)
    except InvalidSignature:
        return False
    return True


def _decoded(text: str) -> bytes:
    """Base64, or nothing where it is none: nothing is neither a key nor a signature."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""
