"""The requests themselves, over one pool of connections."""

import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self

import aiohttp
from yarl import URL

from gateway.client.errors import GatewayRefusedError, problem_of
from gateway.client.model import Body, LargeBody, Sealed, Submission, multipart_body
from gateway.client.signing import RequestSigner


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
                raise GatewayRefusedError(problem_of(content, response.status))
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
        # As it is sent: `%28` in a path goes out as `(`, and the signature covers what goes out.
        url = str(URL(f"{self._url}{path}"))
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
                raise GatewayRefusedError(problem_of(await response.read(), response.status))
            yield response

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("use the client as a context manager")
        return self._session
