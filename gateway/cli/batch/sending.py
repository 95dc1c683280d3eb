"""A batch on its way to the gateway: one request, streamed from the disk."""

import hashlib
import json
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from gateway.cli.batch.model import Batch, batch_of
from gateway.cli.batch.packing import digest_of
from gateway.client import GatewayClient, LargeBody

_CHUNK = 256 * 1024
PATH = "/v1/batches"


@dataclass(frozen=True, slots=True)
class Order:
    """What is sent.

    Attributes:
        file: the ZIP, or the manifest of files that lie ready at a connector.
        asked: what is asked for all of it.
        manifest: the manifest's name; None: it is the ZIP.
    """

    file: BinaryIO
    asked: Mapping[str, Any]
    manifest: str | None = None

    def idempotency_key(self) -> str:
        """The same for the same files and the same wishes, however often the command is run."""
        asked = json.dumps(self.asked, sort_keys=True, ensure_ascii=False).encode()
        parts = (digest_of(self.file), hashlib.sha256(asked).digest())
        return hashlib.sha256(b"".join(parts)).hexdigest()


async def send(client: GatewayClient, order: Order, *, key: str) -> Batch:
    """Hand it in; once this returns, the gateway has it durably.

    Raises:
        GatewayRefusedError: the gateway said why not.
        aiohttp.ClientError: the connection broke; the same again with the same key goes on.
    """
    boundary = f"sealgate-{key[:32]}"
    body = _body(order, boundary)
    headers = {
        "Content-Type": f"multipart/form-data; boundary={boundary}",
        "Idempotency-Key": key,
        "Accept": "application/json",
    }
    async with client.exchange("POST", PATH, headers=headers, body=body) as response:
        return batch_of(await response.json())


def _body(order: Order, boundary: str) -> LargeBody:
    asked = json.dumps(order.asked, ensure_ascii=False).encode()
    if order.manifest is None:
        part, media = 'name="archive"; filename="batch.zip"', "application/zip"
    else:
        part, media = f'name="manifest"; filename="{order.manifest}"', "text/plain"
    head = b"\r\n".join(
        [
            f"--{boundary}".encode(),
            b'Content-Disposition: form-data; name="batch"',
            b"Content-Type: application/json",
            b"",
            asked,
            f"--{boundary}".encode(),
            f"Content-Disposition: form-data; {part}".encode(),
            f"Content-Type: {media}".encode(),
            b"",
            b"",
        ]
    )
    tail = f"\r\n--{boundary}--\r\n".encode()
    file = order.file
    digest = hashlib.sha256(head)
    file.seek(0)
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    digest.update(tail)

    async def chunks() -> AsyncIterator[bytes]:
        yield head
        file.seek(0)
        while chunk := file.read(_CHUNK):
            yield chunk
        yield tail

    length = len(head) + file.seek(0, os.SEEK_END) + len(tail)
    return LargeBody(chunks=chunks, length=length, sha256=digest.digest())
