"""One request to a network, and what its answer, or having none, means."""

import hashlib
import io
import ssl
from dataclasses import dataclass
from typing import Self

import aiohttp
import msgspec
from yarl import URL

from cloud_bridge.client.budget import Budget
from cloud_bridge.client.model import Way
from cloud_bridge.client.signing import OrganisationSigner
from cloud_bridge.errors import NetworkAwayError, NetworkRefusedError, WayTooNarrowError
from cloud_bridge.interfaces import EgressLedger
from cloud_bridge.plain_json import decode

JSON = "application/json"
_PROBLEM = "application/problem+json"
_CONNECT_SECONDS = 10.0
# A slower line is of no use, and is what the network bears.
_LEAST_BYTES_PER_SECOND = 64 * 1024
_MOST_CONNECTIONS = 16
_MOST_ANSWER_BYTES = 128 * 1024 * 1024
_LONGEST_RETRY_SECONDS = 3600.0
# Nothing that is to be sent is at fault: who we are, when it came, or that it came too soon.
_NOT_FOR_EVER = frozenset({401, 407, 408, 425, 429})
_TOO_LARGE = 413
_SERVER_ERRORS = 500
_LONGEST_TOLD = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked, or told.

    Attributes:
        method: of HTTP.
        path: from `/`, with its query, encoded.
        kind: what the ledger calls it: a type of `cloud_bridge.wire`, or the path's name.
        envelope: to which it belongs; empty: to none.
        body: None: there is none.
        content_type: of the body.
        wait_seconds: how long the network may wait on purpose.
    """

    method: str
    path: str
    kind: str
    envelope: str = ""
    body: bytes | None = None
    content_type: str = JSON
    wait_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back with a status below 300."""

    headers: dict[str, str]
    body: bytes


class _Problem(msgspec.Struct):
    """RFC 9457, as far as we read it."""

    type: str = "about:blank"
    title: str = ""
    detail: str = ""
    cure: str = ""
    reason: str = ""


class Caller:
    """Asks a network for one organisation. Connections go out only. An async context manager."""

    def __init__(
        self, way: Way, signer: OrganisationSigner, *, budget: Budget, ledger: EgressLedger
    ) -> None:
        self._way = way
        self._signer = signer
        self._budget = budget
        self._ledger = ledger
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Read certificates and key; nothing is connected yet.

        Raises:
            OSError: one of the files cannot be read.
        """
        connector = aiohttp.TCPConnector(limit=_MOST_CONNECTIONS, ssl=tls(self._way))
        # What the environment says of proxies is not what the operator has written.
        self._session = aiohttp.ClientSession(
            connector=connector, trust_env=False, cookie_jar=aiohttp.DummyCookieJar()
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()

    async def ask(self, question: Question) -> Answer:
        """Ask, once.

        The ledger has it before it leaves, whether an answer comes or not.

        Raises:
            NetworkAwayError, NetworkRefusedError: see `CloudNetwork`.
        """
        if self._session is None:
            raise RuntimeError("use the caller as a context manager")
        await self._budget.spend()
        body = question.body or b""
        digest = hashlib.sha256(body).digest()
        url = f"{self._way.url.rstrip('/')}{question.path}"
        headers = {} if question.body is None else {"Content-Type": question.content_type}
        signed = self._signer.signed(
            question.method, url, headers, None if question.body is None else digest
        )
        await self._ledger.leaving(
            kind=question.kind, envelope=question.envelope, digest=digest, size=len(body)
        )
        try:
            return await self._exchanged(self._session, question, url, signed)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            told = str(error)[:_LONGEST_TOLD] or type(error).__name__
            raise NetworkAwayError(
                f"the network at {self._way.url} does not answer ({told}): look at firewall, proxy "
                "and certificates if this lasts (sealgate bridge status)",
                why=f"{self._way.url}: {told}",
            ) from error

    async def _exchanged(
        self,
        session: aiohttp.ClientSession,
        question: Question,
        url: str,
        headers: dict[str, str],
    ) -> Answer:
        sending = len(question.body or b"") / _LEAST_BYTES_PER_SECOND
        timeout = aiohttp.ClientTimeout(
            total=self._way.answer_seconds + question.wait_seconds + sending,
            sock_connect=_CONNECT_SECONDS,
        )
        async with session.request(
            question.method,
            URL(url, encoded=True),  # as it was signed, letter by letter
            # Of more than a megabyte aiohttp wants to read by pieces.
            data=None if question.body is None else io.BytesIO(question.body),
            headers=headers,
            proxy=self._way.proxy,
            timeout=timeout,
            allow_redirects=False,
        ) as response:
            body = await _read(response)
            if response.status < 300:  # noqa: PLR2004 - the class of HTTP
                return Answer(dict(response.headers), body)
            raise self._refusal(response, body, size=len(question.body or b""))

    def _refusal(
        self, response: aiohttp.ClientResponse, body: bytes, *, size: int
    ) -> NetworkAwayError | NetworkRefusedError:
        status, problem = response.status, _problem(response, body)
        if problem is None and status == _TOO_LARGE:
            return WayTooNarrowError(
                f"what stands between this gateway and {self._way.url} lets no body of {size:,} "
                "bytes through (it answers 413, and not as the network does): raise its limit",
                size=size,
            )
        if problem is None:
            # A proxy, a firewall's page, a load balancer: nobody whose word is for ever.
            return NetworkAwayError(
                f"{self._way.url} answers {status}, and not as the network does: look at what "
                "stands between"
            )
        told = ": ".join(word for word in (problem.title, problem.detail, problem.cure) if word)
        type_ = problem.type.replace(":", "/").rpartition("/")[2]
        if status in _NOT_FOR_EVER or status >= _SERVER_ERRORS:
            pause = _retry_after(response)
            if pause is not None:
                self._budget.close(pause)
            return NetworkAwayError(
                f"the network says {type_} ({status}): {told}", retry_after_seconds=pause
            )
        if problem.reason:
            told = f"{told} ({problem.reason})"
        return NetworkRefusedError(f"the network says {type_} ({status}): {told}", type=type_)


def tls(way: Way) -> ssl.SSLContext | bool:
    """How a server proves to be the network's, and we who we are; True: there is no TLS to set.

    Raises:
        OSError: one of the files cannot be read, or holds something else.
    """
    if not way.url.startswith("https:"):
        return True
    context = ssl.create_default_context(cafile=way.ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if way.certificate is not None:
        context.load_cert_chain(way.certificate, way.key)
    return context


async def _read(response: aiohttp.ClientResponse) -> bytes:
    pieces: list[bytes] = []
    size = 0
    async for piece in response.content.iter_chunked(1 << 16):
        size += len(piece)
        if size > _MOST_ANSWER_BYTES:
            raise aiohttp.ClientPayloadError(f"an answer of more than {_MOST_ANSWER_BYTES} bytes")
        pieces.append(piece)
    return b"".join(pieces)


def _problem(response: aiohttp.ClientResponse, body: bytes) -> _Problem | None:
    if response.content_type != _PROBLEM:
        return None
    try:
        return decode(body, _Problem)
    except msgspec.ValidationError:
        return None


def _retry_after(response: aiohttp.ClientResponse) -> float | None:
    told = response.headers.get("Retry-After", "")
    try:
        return min(max(0.0, float(told)), _LONGEST_RETRY_SECONDS)
    except ValueError:
        return None
