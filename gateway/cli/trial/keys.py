"""The keys of a trial's system and people: Ed25519 in PEM files without a passphrase."""

import base64
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from gateway.cli.trial.writing import write_once

_MARK = "TRIAL ONLY: whoever can read this file signs as {name}. It was never anybody's own key.\n"


def make_key(path: Path, *, name: str) -> Ed25519PrivateKey:
    """The key in the file, which is written if there is none.

    Args:
        path: `….key.pem`.
        name: whose; stands above the key, where readers of PEM do not look (RFC 7468 §2).
    """
    path.parent.mkdir(mode=0o700, exist_ok=True)
    write_once(path, lambda: _MARK.format(name=name) + _new_key())
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{path} holds no Ed25519 key")
    return key


def public_text(key: Ed25519PrivateKey) -> str:
    """The public half as policies write it: base64 of the 32 raw bytes."""
    return base64.b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def _new_key() -> str:
    return (
        Ed25519PrivateKey.generate()
        .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        .decode()
    )
