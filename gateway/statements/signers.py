"""What signs statements: a key from a PEM file, or one that stays in its token."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_private_key

from gateway.statements.errors import StatementKeyError
from gateway.statements.keys import Algorithm, PublicKey, from_der
from hsm.interfaces import KeyStore

PrivateKey = Ed25519PrivateKey | ec.EllipticCurvePrivateKey

AskPassphrase = Callable[[str], str]
"""Asks a person: gets the question, returns the passphrase."""


class StatementSigner(Protocol):
    """Signs with one key. May block: a token may be asked."""

    @property
    def key_id(self) -> str:
        """What the statement's `kid` will say."""
        ...

    @property
    def algorithm(self) -> Algorithm:
        """The one that the key is used with."""
        ...

    def sign(self, data: bytes) -> bytes:
        """64 bytes: an Ed25519 signature (RFC 8032), or r and s of ECDSA (RFC 7518 §3.4)."""
        ...


def read_private_key(path: Path, *, ask: AskPassphrase) -> PrivateKey:
    """The private key in a PEM file; `ask` is called only where it is encrypted.

    Raises:
        StatementKeyError: no such file, no such key in it, or the passphrase is another.
    """
    try:
        pem = path.read_bytes()
    except OSError as error:
        raise StatementKeyError(f"{path} cannot be read: {error.strerror}") from None
    try:
        key = _opened(pem, question=f"Passphrase of {path}: ", ask=ask)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # Their own words differ from version to version, and cannot tell these cases apart.
        raise StatementKeyError(
            f"{path} holds no private key in PEM form, or the passphrase is another"
        ) from None
    if isinstance(key, Ed25519PrivateKey | ec.EllipticCurvePrivateKey):
        PublicKey.of(str(path), key.public_key())  # refuses other curves
        return key
    raise StatementKeyError(f"{path} holds a key that is neither Ed25519 nor ECDSA on P-256")


def _opened(pem: bytes, *, question: str, ask: AskPassphrase) -> object:
    try:
        return load_pem_private_key(pem, password=None)
    except TypeError:  # it is encrypted
        return load_pem_private_key(pem, password=ask(question).encode())


@dataclass(frozen=True, slots=True)
class LocalSigner:
    """Signs with a key that this process holds; implements `StatementSigner`."""

    key_id: str
    key: PrivateKey = field(repr=False)

    @property
    def algorithm(self) -> Algorithm:
        """See `StatementSigner`."""
        return self.public_key.algorithm

    @property
    def public_key(self) -> PublicKey:
        """The public half, by which its owner is found."""
        return PublicKey.of(self.key_id, self.key.public_key())

    def sign(self, data: bytes) -> bytes:
        """See `StatementSigner`."""
        if isinstance(self.key, Ed25519PrivateKey):
            return self.key.sign(data)
        return from_der(self.key.sign(data, ec.ECDSA(hashes.SHA256())))


@dataclass(frozen=True, slots=True)
class KeyStoreSigner:
    """Signs with a key in a token, such as an officer's; implements `StatementSigner`.

    Attributes:
        key_id: what statements call the key.
        algorithm: the one that the key's mechanism amounts to.
        store: the token, open.
        key: the key's id in the store's configuration.
        public_key: the public half, by which its owner is found.
    """

    key_id: str
    algorithm: Algorithm
    store: KeyStore
    key: str
    public_key: PublicKey

    @classmethod
    def of(cls, store: KeyStore, *, key: str, key_id: str) -> Self:
        """With one of the store's keys.

        Raises:
            StatementKeyError: the store has no such key, or it is neither Ed25519 nor on P-256.
        """
        found = [each for each in store.describe() if each.id == key]
        if not found:
            raise StatementKeyError(f"the token's configuration names no key {key!r}")
        public_key = PublicKey.of(key_id, load_der_public_key(found[0].public_key))
        return cls(key_id, public_key.algorithm, store, key, public_key)

    def sign(self, data: bytes) -> bytes:
        """See `StatementSigner`, and `KeyStore.sign` for what else is raised."""
        if self.algorithm == "EdDSA":
            return self.store.sign_message(self.key, data)
        return from_der(self.store.sign(self.key, hashlib.sha256(data).digest()))
