"""A caller's side of envelopes: send, look, wait, withdraw, and fetch what there is of them."""

import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from gateway.client.gateway import GatewayClient

PATH = "/v1/envelopes"
_JSON = {"Content-Type": "application/json"}


class EnvelopeClient:
    """Asks one gateway about envelopes. What it answers is told as it came, in JSON.

    Every method raises:
        GatewayRefusedError: the gateway said why not.
        aiohttp.ClientError: there is no gateway at that address, or the connection broke.
    """

    def __init__(self, client: GatewayClient) -> None:
        """Over a client that is open."""
        self._client = client

    async def send(
        self, envelope: Mapping[str, Any], files: Sequence[tuple[str, bytes]], *, key: str
    ) -> dict[str, Any]:
        """Have the gateway take an envelope in: the `envelope`, its `terms`, whether `repeated`.

        Args:
            envelope: as `EnvelopeRequest` of /openapi.json has it.
            files: name and content of each document.
            key: the same again is the same envelope.
        """
        body, content_type = _multipart(envelope, files)
        headers = {"Content-Type": content_type, "Idempotency-Key": key}
        return await self._asked("POST", PATH, body, headers)

    async def page(
        self, *, status: str | None = None, after: str | None = None, most: int = 50
    ) -> dict[str, Any]:
        """Some `envelopes`, newest first, and what `after` is for the `next`."""
        asked: dict[str, Any] = {"limit": most}
        asked |= {} if status is None else {"status": status}
        asked |= {} if after is None else {"after": after}
        return await self._asked("GET", f"{PATH}?{urlencode(asked)}")

    async def show(self, envelope: str) -> dict[str, Any]:
        """One as it is."""
        return await self._asked("GET", _at(envelope))

    async def watch(self, envelope: str, *, beyond: int, seconds: int) -> dict[str, Any]:
        """One as it is once its sequence is beyond that, at the latest after so long."""
        asked = urlencode({"beyond": beyond, "wait": seconds})
        return await self._asked("GET", f"{_at(envelope)}?{asked}")

    async def withdraw(self, envelope: str, *, reason: str) -> dict[str, Any]:
        """Take one of ours back."""
        return await self._posted(envelope, "withdraw", reason=reason)

    async def decline(self, envelope: str, *, reason: str) -> dict[str, Any]:
        """Say that we will not sign one of theirs."""
        return await self._posted(envelope, "decline", reason=reason)

    async def remind(self, envelope: str, party: str) -> dict[str, Any]:
        """Have a party reminded."""
        return await self._posted(envelope, "remind", party=party)

    async def link(self, envelope: str, party: str) -> dict[str, Any]:
        """A new `url` at which a person signs, and when it `expiresAt`."""
        return await self._posted(envelope, "links", party=party)

    async def release(self, envelope: str, party: str) -> dict[str, Any]:
        """Let somebody else claim a delivery that its claimant left lying."""
        return await self._posted(envelope, "release", party=party)

    async def person(self, name: str, contact: str) -> dict[str, Any]:
        """A person's `account` on the network, by telephone number or mailbox."""
        body = json.dumps({"name": name, "contact": contact}, ensure_ascii=False).encode()
        return await self._asked("POST", "/v1/persons", body, _JSON)

    async def transcript(self, envelope: str) -> bytes:
        """All that was said of it, as a file."""
        return await self._content("GET", f"{_at(envelope)}/transcript")

    async def document(self, envelope: str, name: str) -> bytes:
        """A document as it is now."""
        return await self._content("GET", f"{_at(envelope)}/documents/{quote(name, safe='')}")

    async def attach(self, envelope: str, name: str, content: bytes) -> dict[str, Any]:
        """Bring the file of a document that travelled another way."""
        path = f"{_at(envelope)}/documents/{quote(name, safe='')}"
        return await self._asked("PUT", path, content, {"Content-Type": "application/pdf"})

    async def _posted(self, envelope: str, action: str, **said: str) -> dict[str, Any]:
        body = json.dumps(said, ensure_ascii=False).encode()
        return await self._asked("POST", f"{_at(envelope)}/{action}", body, _JSON)

    async def _asked(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        decoded: dict[str, Any] = json.loads(await self._content(method, path, body, headers))
        return decoded

    async def _content(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        async with self._client.exchange(method, path, headers=headers, body=body) as response:
            return await response.read()


def _at(envelope: str) -> str:
    return f"{PATH}/{quote(envelope, safe='')}"


def _multipart(
    envelope: Mapping[str, Any], files: Sequence[tuple[str, bytes]]
) -> tuple[bytes, str]:
    """The body and its Content-Type (RFC 7578)."""
    boundary = f"sealgate-{secrets.token_hex(16)}"
    pieces = [
        f"--{boundary}\r\n".encode(),
        b'Content-Disposition: form-data; name="envelope"\r\n',
        b"Content-Type: application/json\r\n\r\n",
        json.dumps(envelope, ensure_ascii=False).encode(),
        b"\r\n",
    ]
    for name, content in files:
        shown = name.replace('"', "%22")
        head = f'Content-Disposition: form-data; name="document"; filename="{shown}"\r\n'
        pieces += [
            f"--{boundary}\r\n{head}Content-Type: application/pdf\r\n\r\n".encode(),
            content,
            b"\r\n",
        ]
    pieces.append(f"--{boundary}--\r\n".encode())
    return b"".join(pieces), f"multipart/form-data; boundary={boundary}"
