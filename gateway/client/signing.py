"""Signs requests as RFC 9421 has it, with whatever key the caller has."""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver
from http_message_signatures.algorithms import (
    ECDSA_P256_SHA256,
    ED25519,
    HMAC_SHA256,
    HTTPSignatureAlgorithm,
)

from gateway.clock import Clock
from gateway.statements import Algorithm, StatementSigner

RequestKey = Ed25519PrivateKey | ec.EllipticCurvePrivateKey | bytes | StatementSigner
"""Ed25519, ECDSA on P-256 (people only), or a secret that is shared (systems only).

What signs statements signs requests as well, as RFC 9421 §3.3 writes signatures as JWS does.
"""


class RequestSigner(HTTPSignatureKeyResolver):
    """Signs requests with a system's or person's key, or a secret that is shared (RFC 9421)."""

    def __init__(self, *, key_id: str, key: RequestKey, clock: Clock) -> None:
        self._key_id = key_id
        self._key = key
        self._clock = clock
        self._signer = HTTPMessageSigner(
            signature_algorithm=_algorithm(key),
            key_resolver=self,
        )

    @classmethod
    def from_file(cls, path: Path, *, key_id: str, clock: Clock) -> Self:
        """With a private key from a PEM file: Ed25519, or ECDSA on P-256; else ValueError."""
        key = load_pem_private_key(path.read_bytes(), password=None)
        if isinstance(key, Ed25519PrivateKey):
            return cls(key_id=key_id, key=key, clock=clock)
        if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
            return cls(key_id=key_id, key=key, clock=clock)
        raise ValueError(f"{path} holds no Ed25519 or P-256 private key")

    def resolve_private_key(
        self,
        key_id: str,  # noqa: ARG002 - there is one
    ) -> RequestKey:
        """The library asks for the key by its id."""
        return self._key

    def sign(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        body: bytes | None = None,
        *,
        digest: bytes | None = None,
    ) -> dict[str, str]:
        """The headers with Content-Digest, Signature-Input and Signature added.

        `digest` is SHA-256 of a body that is not in memory.
        """
        message = _Message(method, url, dict(headers))
        covered = ["@method", "@target-uri"]
        if digest is not None:
            message.headers["Content-Digest"] = f"sha-256=:{base64.b64encode(digest).decode()}:"
            covered.append("content-digest")
        covered += [name.lower() for name in ("Content-Type", "Idempotency-Key") if name in headers]
        created: datetime = self._clock.now()
        self._signer.sign(
            message,
            key_id=self._key_id,
            created=created,
            nonce=secrets.token_urlsafe(18),
            label="sealgate",
            covered_component_ids=covered,
            body=body,
            use_existing_digest=digest is not None,
        )
        return message.headers


@dataclass(slots=True)
class _Message:
    method: str
    url: str
    headers: dict[str, str]


class _ByStatementSigner(HTTPSignatureAlgorithm):
    """Lets a key sign that stays in its token."""

    def __init__(self, *, private_key: StatementSigner) -> None:
        self._signer = private_key

    def sign(self, message: bytes) -> bytes:
        """The signature over the base of RFC 9421 §2.5."""
        return self._signer.sign(message)


class _EdDSABySigner(_ByStatementSigner):
    algorithm_id = ED25519.algorithm_id


class _ES256BySigner(_ByStatementSigner):
    algorithm_id = ECDSA_P256_SHA256.algorithm_id


_BY_SIGNER: Mapping[Algorithm, type[_ByStatementSigner]] = {
    "EdDSA": _EdDSABySigner,
    "ES256": _ES256BySigner,
}


def _algorithm(key: RequestKey) -> Any:  # noqa: ANN401 - the library is not annotated
    match key:
        case bytes():
            return HMAC_SHA256
        case Ed25519PrivateKey():
            return ED25519
        case ec.EllipticCurvePrivateKey():
            return ECDSA_P256_SHA256
        case _:
            return _BY_SIGNER[key.algorithm]
