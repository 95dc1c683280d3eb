"""Ways by which codes, links and addresses of copies reach people."""

import asyncio
import base64
import hashlib
import hmac
import os
from pathlib import Path

import aiohttp
import msgspec

from cloud_bridge.interfaces import Time
from cloud_bridge.network.persons.errors import NotSentError
from cloud_bridge.network.persons.model import LinkMessage

_OK = range(200, 300)
_PREFIX = "whsec_"


class FileCodeSender:
    """Appends what it brings to a file, one JSON a line: for a trial, without telephones.

    Links go to links.jsonl beside it. The files are for their owner only (0600).
    """

    def __init__(self, file: Path, time: Time) -> None:
        self._file = file
        self._time = time

    async def send(self, *, contact: str, code: str, language: str, id: str) -> None:  # noqa: A002 - the Protocol's
        """See `interfaces.CodeSender.send`."""
        await self._tell({"contact": contact, "code": code, "language": language}, id)

    async def send_copy(self, *, contact: str, waybill: str, url: str, id: str) -> None:  # noqa: A002 - the Protocol's
        """See `deliveries.interfaces.CopySender.send_copy`."""
        await self._tell({"contact": contact, "waybill": waybill, "url": url}, id)

    async def send_link(self, *, contact: str, message: LinkMessage, id: str) -> None:  # noqa: A002 - the Protocol's
        """See `interfaces.LinkSender.send_link`."""
        await self._tell(_link(contact, message), id, file=self._file.with_name("links.jsonl"))

    async def _tell(self, data: dict[str, str], id: str, *, file: Path | None = None) -> None:  # noqa: A002 - as above
        line = msgspec.json.encode({"id": id, "at": self._time.now(), **data})
        into = file or self._file
        try:
            await asyncio.to_thread(_append, into, line + b"\n")
        except OSError as error:
            raise NotSentError(f"{into} cannot be written: {error}") from error


class WebhookCodeSender:
    """Posts codes and addresses of copies to the operator's own service, by Standard Webhooks.

    Args:
        url: where it listens.
        secret: `whsec_` and at least 24 bytes in base64, known to both.
        time: says when it is sent.
        seconds: how long an answer may take.
    """

    def __init__(
        self,
        *,
        url: str,
        secret: str,
        time: Time,
        seconds: float = 10.0,
    ) -> None:
        self._url = url
        self._key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
        self._time = time
        self._seconds = seconds

    async def send(self, *, contact: str, code: str, language: str, id: str) -> None:  # noqa: A002 - the Protocol's
        """See `interfaces.CodeSender.send`."""
        data = {"contact": contact, "code": code, "language": language}
        await self._tell("person.code", data, id)

    async def send_copy(self, *, contact: str, waybill: str, url: str, id: str) -> None:  # noqa: A002 - the Protocol's
        """See `deliveries.interfaces.CopySender.send_copy`."""
        data = {"contact": contact, "waybill": waybill, "url": url}
        await self._tell("delivery.copy", data, id)

    async def send_link(self, *, contact: str, message: LinkMessage, id: str) -> None:  # noqa: A002 - the Protocol's
        """See `interfaces.LinkSender.send_link`."""
        await self._tell("person.link", _link(contact, message), id)

    async def _tell(self, kind: str, data: dict[str, str], id: str) -> None:  # noqa: A002 - as above
        moment = self._time.now()
        body = msgspec.json.encode({"type": kind, "timestamp": moment, "data": data})
        stamp = str(int(moment.timestamp()))
        signed = b".".join((id.encode(), stamp.encode(), body))
        signature = base64.b64encode(hmac.digest(self._key, signed, hashlib.sha256)).decode()
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.post(
                    self._url,
                    data=body,
                    headers={
                        "content-type": "application/json",
                        "webhook-id": id,
                        "webhook-timestamp": stamp,
                        "webhook-signature": f"v1,{signature}",
                    },
                    timeout=aiohttp.ClientTimeout(total=self._seconds),
                    allow_redirects=False,
                ) as answer,
            ):
                status = answer.status
        except (TimeoutError, aiohttp.ClientError) as error:
            raise NotSentError(f"{self._url} does not answer: {type(error).__name__}") from error
        if status not in _OK:
            raise NotSentError(f"{self._url} answered {status}")


def _link(contact: str, message: LinkMessage) -> dict[str, str]:
    return {
        "contact": contact,
        "cause": message.cause,
        "title": message.title,
        "sender": message.sender,
        "url": message.url,
        "expiresAt": message.expires_at.isoformat(),
        "language": message.language,
        "text": message.text,
    }


def _append(file: Path, line: bytes) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line)
    finally:
        os.close(descriptor)
