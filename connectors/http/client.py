"""HTTP with a stranger: bounded in bytes, time and reach.

Only origins that IT has named are called, whatever a list or a redirect says, so that nobody can
make the gateway knock at other doors of the house. The token goes only to those that
IT has told us to list, acknowledge or deliver at.
"""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import aiohttp
from yarl import URL

from connectors.errors import ConnectorAwayError, SettingsUnfitError, TooLargeError
from connectors.secret_files import first_line
from connectors.tls import TLS

_AT_ONCE: Final = 8
_REDIRECTS: Final = 3
_CHUNK_BYTES: Final = 65_536
_REDIRECTING: Final = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True, kw_only=True)
class HTTPAccess:
    """How we get in.

    Attributes:
        token_file: its first line is the token; read for every request; None: none is asked for.
        token_header: that carries it.
        token_prefix: that stands before it.
        tls: how servers of https addresses are known.
        timeout_seconds: for a request with its whole answer.
    """

    token_file: Path | None = None
    token_header: str = "Authorization"  # noqa: S105 - the name of a header
    token_prefix: str = "Bearer "  # noqa: S105 - what stands before the token
    tls: TLS = field(default_factory=TLS)
    timeout_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def check_address(text: str) -> None:
    """See that it can be called, and holds no password.

    Raises:
        SettingsUnfitError: it cannot.
    """
    try:
        url = URL(text)
    except ValueError:
        url = URL()
    if url.scheme not in {"http", "https"} or not url.host:
        raise SettingsUnfitError(f"`{text}` is no address", "write https://host/path")
    if url.user is not None or url.password is not None:
        raise SettingsUnfitError("an address holds a user or a password", "put a token into a file")


class HTTPClient:
    """Requests to a few origins. Made with its first use, so that files may come later.

    Args:
        access: how we get in.
        own: origins that may be called and get the token.
        further: origins that may be called.
    """

    def __init__(self, access: HTTPAccess, own: Collection[URL], further: Collection[URL]) -> None:
        self._access = access
        self._own = frozenset(own)
        self._callable = self._own | frozenset(further)
        self._session: aiohttp.ClientSession | None = None
        # Whoever waits for his turn does not wait for the server: the time-out begins after it.
        self._turn = asyncio.Semaphore(_AT_ONCE)

    async def close(self) -> None:
        """Close every connection."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def request(  # noqa: D417 - the others are what they are called
        self,
        method: str,
        url: URL,
        *,
        most_bytes: int,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """Ask, and follow redirects that stay at the origin (of GET only).

        Args:
            most_bytes: of the answer.

        Raises:
            TooLargeError: the answer has more; where its length was announced, none was read.
            ConnectorAwayError: the address is none of the origins.
            aiohttp.ClientError, TimeoutError, OSError: there is no answer.
        """
        asked = url
        for _ in range(_REDIRECTS + 1):
            self._check(url)
            answer = await self._once(method, url, most_bytes, headers or {}, body)
            if method != "GET" or answer.status not in _REDIRECTING:
                return answer
            url = url.join(URL(answer.headers.get("Location", "")))
            if url.origin() != asked.origin():
                raise ConnectorAwayError(f"{asked.host} sends us on to {url.origin()}; name it")
        raise ConnectorAwayError(f"{asked.host} sends us round in circles; name the last address")

    async def _once(
        self,
        method: str,
        url: URL,
        most_bytes: int,
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> Answer:
        session = self._open()
        async with (
            self._turn,
            session.request(
                method,
                url,
                headers={**self._token(url), **headers, "Accept-Encoding": "identity"},
                data=body,
                allow_redirects=False,
            ) as response,
        ):
            if response.headers.get("Content-Encoding", "identity") != "identity":
                raise ConnectorAwayError(f"{url.host} compresses although it is asked not to")
            return Answer(response.status, response.headers, await _bounded(response, most_bytes))

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                connector=aiohttp.TCPConnector(ssl=self._access.tls.context(), limit=_AT_ONCE),
                timeout=aiohttp.ClientTimeout(total=self._access.timeout_seconds),
            )
        return self._session

    def _token(self, url: URL) -> dict[str, str]:
        its = self._access
        if its.token_file is None or url.origin() not in self._own:
            return {}
        return {its.token_header: its.token_prefix + first_line(its.token_file)}

    def _check(self, url: URL) -> None:
        if url.scheme not in {"http", "https"} or url.user is not None or url.password is not None:
            raise ConnectorAwayError("an address is neither http nor https, or holds a password")
        if url.origin() not in self._callable:
            raise ConnectorAwayError(
                f"{url.origin()} is none of the places that may be called; if it should be, "
                "add it to the connector's `origins`"
            )


async def _bounded(response: aiohttp.ClientResponse, most_bytes: int) -> bytes:
    told = response.content_length
    if told is not None and told > most_bytes:
        response.close()
        raise TooLargeError(f"{told:,} bytes, and {most_bytes:,} are allowed")
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
        body += chunk
        if len(body) > most_bytes:
            response.close()
            raise TooLargeError(f"more than the {most_bytes:,} bytes that are allowed")
    return bytes(body)
