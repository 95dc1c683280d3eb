"""Keys that sign statements in tests, and statements with a header or payload of the test's own."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.statements import LocalSigner, PublicKey, StatementSigner, base64url

TYP = "sealgate-test"
LI = LocalSigner("li-2026", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
WANG = LocalSigner("wang-2026", ec.derive_private_key(49152, ec.SECP256R1()))
ZHAO = LocalSigner("zhao-2026", Ed25519PrivateKey.from_private_bytes(bytes(32)))

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class Freeze(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A statement of the tests."""

    seal: str
    reason: str = "lost"


def keys_of(*signers: LocalSigner) -> Callable[[str], PublicKey | None]:
    """Who is known."""
    return {each.key_id: each.public_key for each in signers}.get


def token(header: Any, payload: bytes, signer: StatementSigner) -> str:  # noqa: ANN401 - JSON, or its bytes
    """A compact serialization with any header and payload, truly signed."""
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    covered = f"{base64url.encode(raw)}.{base64url.encode(payload)}"
    return f"{covered}.{base64url.encode(signer.sign(covered.encode()))}"
