"""A caller's side of the API: sign a request, send a document, get it back sealed.

Used by `sealgate seal`, the demo and the benchmark. It shows what an internal system has to do;
docs/api.md says the same in words.
"""

import base64
import json
import secrets
import ssl
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
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


class GatewayRefusedError(Exception):
    """The gateway answered with a problem.

    Attributes:
        problem: the problem+json body.
    """

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(problem.get("detail", "no detail"))
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A document to be sealed."""

    document: bytes
    seal: str
    document_type: str
    business_number: str
    attributes: Mapping[str, str | int | bool]
    idempotency_key: str
    placement: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    further: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Sealed:
    """What came back."""

    document_id: str
    trace: str
    repeated: bool
    content: bytes


RequestKey = Ed25519PrivateKey | ec.EllipticCurvePrivateKey | bytes | StatementSigner
"""Ed25519, ECDSA on P-256 (people only), or a secret that is shared (systems only).

What signs statements signs requests as well, as RFC 9421 §3.3 writes signatures as JWS does.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LargeBody:
    """A body that is sent in pieces.

    Attributes:
        chunks: gives them, anew at each call.
        length: of all, in bytes.
        sha256: of all.
    """

    chunks: Callable[[], AsyncIterator[bytes]]
    length: int
    sha256: bytes


Body = bytes | LargeBody


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


class GatewayClient:
    """Talks to one gateway. Use as an async context manager."""

    def __init__(
        self, url: str, signer: RequestSigner, *, tls: ssl.SSLContext | None = None
    ) -> None:
        self._url = url.rstrip("/")
        self._signer = signer
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open the connection pool."""
        connector = aiohttp.TCPConnector(limit=0, ssl=self._tls if self._tls is not None else True)
        self._session = aiohttp.ClientSession(
            connector=connector, timeout=aiohttp.ClientTimeout(total=300)
        )
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _value: object, _trace: TracebackType | None
    ) -> None:
        """Close it."""
        if self._session is not None:
            await self._session.close()

    async def seal(self, submission: Submission) -> Sealed:
        """Have a document sealed.

        Raises:
            GatewayRefusedError: the gateway said why not.
            aiohttp.ClientError: there is no gateway at that address.
        """
        body, content_type = multipart_body(submission)
        url = f"{self._url}/v1/seals/{submission.seal}/documents"
        headers = {
            "Content-Type": content_type,
            "Idempotency-Key": submission.idempotency_key,
            "Accept": "application/pdf",
        }
        signed = self._signer.sign("POST", url, headers, body)
        async with self._open_session().post(url, data=body, headers=signed) as response:
            content = await response.read()
            if not response.ok:
                raise GatewayRefusedError(_problem(content, response.status))
            return Sealed(
                document_id=response.headers["Sealgate-Document"],
                trace=response.headers["Sealgate-Trace"],
                repeated=response.headers["Sealgate-Repeated"] == "true",
                content=content,
            )

    async def get_json(self, path: str) -> dict[str, Any]:
        """GET a JSON resource.

        Raises:
            GatewayRefusedError: the gateway said why not.
        """
        async with self.exchange("GET", path) as response:
            decoded: dict[str, Any] = json.loads(await response.read())
            return decoded

    async def post_json(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST JSON, get JSON.

        Raises:
            GatewayRefusedError: the gateway said why not.
        """
        data = json.dumps(body, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json"}
        async with self.exchange("POST", path, headers=headers, body=data) as response:
            decoded: dict[str, Any] = json.loads(await response.read())
            return decoded

    @asynccontextmanager
    async def exchange(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: Body | None = None,
        silence_seconds: float = 300,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Any request, signed; the answer is read by whoever asked.

        Args:
            method: of HTTP.
            path: from `/`.
            headers: besides those of the signature.
            body: what is sent.
            silence_seconds: how long nothing may come; there is no other limit on time.

        Raises:
            GatewayRefusedError: the gateway said why not.
        """
        url = f"{self._url}{path}"
        large = isinstance(body, LargeBody)
        signed = self._signer.sign(
            method,
            url,
            dict(headers or {}),
            None if isinstance(body, LargeBody) else body,
            digest=body.sha256 if isinstance(body, LargeBody) else None,
        )
        if isinstance(body, LargeBody):
            signed["Content-Length"] = str(body.length)
        async with self._open_session().request(
            method,
            url,
            data=body.chunks() if isinstance(body, LargeBody) else body,
            headers=signed,
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=30, sock_read=None if large else silence_seconds
            ),
        ) as response:
            if not response.ok:
                raise GatewayRefusedError(_problem(await response.read(), response.status))
            yield response

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("use the client as a context manager")
        return self._session


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


def multipart_body(submission: Submission) -> tuple[bytes, str]:
    """The body of a request to seal and its Content-Type (RFC 7578)."""
    request: dict[str, Any] = {
        "documentType": submission.document_type,
        "businessNumber": submission.business_number,
        "attributes": dict(submission.attributes),
    }
    if submission.placement is not None:
        request["placement"] = submission.placement
    if submission.further:
        request["further"] = submission.further
    boundary = f"sealgate-{secrets.token_hex(16)}"
    body = b"\r\n".join(
        [
            f"--{boundary}".encode(),
            b'Content-Disposition: form-data; name="request"',
            b"Content-Type: application/json",
            b"",
            json.dumps(request, ensure_ascii=False).encode(),
            f"--{boundary}".encode(),
            b'Content-Disposition: form-data; name="document"; filename="document.pdf"',
            b"Content-Type: application/pdf",
            b"",
            submission.document,
            f"--{boundary}--".encode(),
            b"",
        ]
    )
    return body, f"multipart/form-data; boundary={boundary}"


def _problem(content: bytes, status: int) -> dict[str, Any]:
    try:
        problem: dict[str, Any] = json.loads(content)
    except ValueError:
        return {
            "type": "unknown",
            "status": status,
            "detail": content[:200].decode(errors="replace"),
        }
    return problem
