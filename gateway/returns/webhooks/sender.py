"""One try: a POST that follows nobody elsewhere, believes no certificate blindly, and ends."""

import asyncio
import ssl
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

import aiohttp

from gateway.clock import Clock
from gateway.returns.model import Answer
from gateway.returns.webhooks.addresses import AddressRefusedError, GuardedResolver, is_refused
from gateway.returns.webhooks.model import Webhook

_MOST_ANSWER_BYTES: Final = 16 * 1024
_QUOTED_CHARACTERS: Final = 120
_GONE: Final = 410
_REDIRECTS: Final = 300


class WebhookSender:
    """Sends to one webhook. Use as an async context manager."""

    def __init__(self, webhook: Webhook, *, clock: Clock) -> None:
        self._webhook = webhook
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open the connection pool; connects to nothing yet."""
        webhook = self._webhook
        connector = aiohttp.TCPConnector(
            limit=webhook.most_at_once,
            resolver=None if webhook.allow_link_local else GuardedResolver(),
            ssl=ssl.create_default_context(cafile=webhook.authorities),
            # A name that moves to another machine counts from the next try on.
            use_dns_cache=False,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=webhook.timeout_seconds),
            auto_decompress=False,
        )
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _value: object, _trace: TracebackType | None
    ) -> None:
        """Close it."""
        if self._session is not None:
            await self._session.close()

    async def send(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Post it once; whatever happens is an answer."""
        webhook, session = self._webhook, self._session
        if session is None:
            raise RuntimeError("use the sender as a context manager")
        host = urlsplit(webhook.url).hostname or ""
        if is_refused(host) and not webhook.allow_link_local:
            return Answer(verdict="later", said=f"{host} is an address that webhooks may not go to")
        try:
            async with session.post(
                webhook.url, data=body, headers=headers, allow_redirects=False
            ) as response:
                return await self._judged(response)
        except TimeoutError:
            said = f"no answer within {webhook.timeout_seconds:g} s"
            return Answer(verdict="later", said=said)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Answer(verdict="later", said=_printable(_why(error)))

    async def _judged(self, response: aiohttp.ClientResponse) -> Answer:
        said = f"HTTP {response.status}"
        quoted = await _read_some(response)
        if response.status < _REDIRECTS:
            return Answer(verdict="taken", said=said)
        return Answer(
            verdict="gone" if response.status == _GONE else "later",
            said=f"{said}: {quoted}" if quoted else said,
            retry_after=_retry_after(
                response.headers.get("Retry-After", ""), now=self._clock.now()
            ),
        )


async def _read_some(response: aiohttp.ClientResponse) -> str:
    """The beginning of the answer; a longer one is cut off with its connection."""
    read = bytearray()
    try:
        async for piece in response.content.iter_any():
            read += piece
            if len(read) > _MOST_ANSWER_BYTES:
                response.close()
                break
    except (aiohttp.ClientError, TimeoutError, asyncio.IncompleteReadError):
        # The status was there: whether it has taken the message is known.
        response.close()
    return _printable(bytes(read[:_QUOTED_CHARACTERS]).decode("utf-8", errors="replace"))


def _retry_after(text: str, *, now: datetime) -> timedelta | None:
    """RFC 9110 §10.2.3: seconds, or a date."""
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), 10**8))
    try:
        return max(parsedate_to_datetime(text) - now, timedelta())
    except (ValueError, TypeError):
        return None


def _why(error: Exception) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, AddressRefusedError):
            return str(cause)
        cause = cause.__cause__
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return f"its certificate is not believed: {error.certificate_error}"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"no connection: {error.os_error.strerror or error.os_error}"
    return f"{type(error).__name__}: {error}"


def _printable(text: str) -> str:
    kept = "".join(each if each.isprintable() else " " for each in text)
    return " ".join(kept.split())[:300]
