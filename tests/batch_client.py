"""A caller's side of batches, as an internal system would write it."""

import asyncio
import io
import json
import secrets
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from tests.running_gateway import RunningGateway

Part = tuple[str, str, bytes]
"""Its name, the name of its file, and its content."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.body)
        return told


def body_of(parts: Iterable[Part]) -> tuple[bytes, str]:
    """A multipart body and its type."""
    boundary = f"batch-{secrets.token_hex(12)}"
    pieces: list[bytes] = []
    for name, filename, content in parts:
        file = f'; filename="{filename}"' if filename else ""
        pieces += [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode(),
            content,
            b"\r\n",
        ]
    pieces.append(f"--{boundary}--\r\n".encode())
    return b"".join(pieces), f"multipart/form-data; boundary={boundary}"


@dataclass(frozen=True, slots=True)
class BatchClient:
    """Speaks to one gateway as its trial's own system."""

    gateway: RunningGateway

    async def submit(
        self,
        *parts: Part,
        key: str | None = None,
        **options: Any,  # noqa: ANN401 - JSON
    ) -> Answer:
        ordinary = {"seal": "receipt-east", "documentType": "logistics-receipt"}
        asked = {**ordinary, "attributes": {"amount_cents": 100}, **options}
        return await self.submit_parts([("batch", "", json.dumps(asked).encode()), *parts], key=key)

    async def submit_parts(
        self,
        parts: Iterable[Part],
        *,
        key: str | None = None,
        changed: Callable[[bytes], bytes] = bytes,
    ) -> Answer:
        """Any parts; what is sent may be changed after it was signed."""
        body, kind = body_of(parts)
        headers = {"Content-Type": kind, "Idempotency-Key": key or secrets.token_hex(8)}
        return await self.ask("POST", "/v1/batches", body, headers, changed)

    async def get(self, path: str) -> Answer:
        return await self.ask("GET", path, None, {})

    async def post(self, path: str) -> Answer:
        return await self.ask("POST", path, None, {})

    async def ask(
        self,
        method: str,
        path: str,
        body: bytes | None,
        headers: dict[str, str],
        changed: Callable[[bytes], bytes] = bytes,
    ) -> Answer:
        url = f"{self.gateway.url}{path}"
        signed = self.gateway.signer().sign(method, url, headers, body)
        sent = None if body is None else io.BytesIO(changed(body))
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, url, data=sent, headers=signed) as response,
        ):
            told = {name.title(): value for name, value in response.headers.items()}
            return Answer(response.status, told, await response.read())

    @asynccontextmanager
    async def stream(self, path: str) -> AsyncIterator[aiohttp.StreamReader]:
        """An answer that comes bit by bit."""
        url = f"{self.gateway.url}{path}"
        signed = self.gateway.signer().sign("GET", url, {})
        async with (
            aiohttp.ClientSession() as session,
            session.get(url, headers=signed) as response,
        ):
            assert response.status == 200, await response.read()
            yield response.content

    async def ended(self, batch: str) -> dict[str, Any]:
        """The batch, once every document of it has a result, as its events tell it."""
        events = (await self.get(f"/v1/batches/{batch}/events")).body.decode().split("\n\n")
        *_, last = (event for event in events if "data:" in event)
        told: dict[str, Any] = json.loads(last.partition("data:")[2])
        return told

    async def receipt(self, batch: str) -> bytes:
        """Its receipt, which is signed a moment after the batch has ended."""
        while True:
            answer = await self.get(f"/v1/batches/{batch}/receipt")
            if answer.status == 200:
                return answer.body
            assert answer.json["type"].endswith("receipt-not-ready"), answer.body
            await asyncio.sleep(0.05)  # another process, which gives no signal
