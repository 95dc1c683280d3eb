"""Documents a second of a bulk batch: handed in over HTTP in one request, sealed to the last.

From the first byte sent to the moment at which the last document has its result. All of the way is
in it: the body on the disk, the documents on the shelf, jobs, claims, the signing cycle, results.
"""

import asyncio
import hashlib
import json
import secrets
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.errors import BenchError
from bench.installation import HMAC_KEY_ID, Installation
from bench.rows import Row
from gateway.client import GatewayClient, LargeBody, RequestSigner
from gateway.clock import SystemClock

_PAUSE_SECONDS = 0.05
_PATIENCE_SECONDS = 600.0
_CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulk:
    """What came of a batch: how many documents, and in how many seconds they were sealed."""

    documents: int
    seconds: float

    @property
    def per_s(self) -> float:
        """Documents a second."""
        return self.documents / self.seconds


def bulk_batch(installation: Installation, row: Row, document: Path, *, documents: int) -> Bulk:
    """Have a batch of so many copies sealed, each under a number of its own.

    Raises:
        BenchError: one of them was not sealed, or there was no receipt.
    """
    return asyncio.run(_bulk(installation, row, document.read_bytes(), documents))


async def _bulk(installation: Installation, row: Row, document: bytes, documents: int) -> Bulk:
    run = secrets.token_hex(6)
    boundary = f"bulk-{run}"
    body = _body(row, document, documents, run=run, boundary=boundary)
    headers = {
        "Content-Type": f"multipart/form-data; boundary={boundary}",
        "Idempotency-Key": run,
    }
    signer = RequestSigner(
        key_id=HMAC_KEY_ID, key=installation.hmac_secret.read_bytes(), clock=SystemClock()
    )
    async with GatewayClient(f"http://127.0.0.1:{installation.port}", signer) as client:
        began = time.monotonic()
        async with client.exchange("POST", "/v1/batches", headers=headers, body=body) as answer:
            path = (await answer.json())["links"]["self"]
        ended = await _ended(client, path)
        seconds = time.monotonic() - began
        if ended["counts"]["sealed"] != documents:
            raise BenchError(f"a batch of {documents} documents ended with {ended['counts']}")
        await _receipt(client, path)
    return Bulk(documents=documents, seconds=seconds)


async def _ended(client: GatewayClient, path: str) -> dict[str, Any]:
    patience = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < patience:
        told = await client.get_json(path)
        if told["finishedAt"] is not None:
            return told
        await asyncio.sleep(_PAUSE_SECONDS)
    raise BenchError(f"{path} did not end within {_PATIENCE_SECONDS:g} s")


async def _receipt(client: GatewayClient, path: str) -> None:
    """Wait for it: its records belong to what the audit log is compared with."""
    patience = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < patience:
        try:
            async with client.exchange("GET", f"{path}/receipt"):
                return
        except Exception as error:  # noqa: BLE001 - not ready yet, or it never will be
            last = error
        await asyncio.sleep(_PAUSE_SECONDS)
    raise BenchError(f"{path} has no receipt: {last}")


def _body(row: Row, document: bytes, documents: int, *, run: str, boundary: str) -> LargeBody:
    order = {
        "seal": row.seal,
        "documentType": row.document_type,
        "attributes": {"amount_cents": row.amount_cents, "consignee": row.consignee},
        "placement": row.spot,
    }

    def pieces() -> Iterator[bytes]:
        yield _part(boundary, "batch") + json.dumps(order).encode() + b"\r\n"
        for number in range(documents):
            yield _part(boundary, "document", f"{run}-{number:06d}.pdf") + document + b"\r\n"
        yield f"--{boundary}--\r\n".encode()

    digest, length = hashlib.sha256(), 0
    for piece in pieces():
        digest.update(piece)
        length += len(piece)

    async def chunks() -> AsyncIterator[bytes]:
        gathered = bytearray()
        for piece in pieces():
            gathered += piece
            if len(gathered) >= _CHUNK_BYTES:
                yield bytes(gathered)
                gathered.clear()
        yield bytes(gathered)

    return LargeBody(chunks=chunks, length=length, sha256=digest.digest())


def _part(boundary: str, name: str, filename: str = "") -> bytes:
    file = f'; filename="{filename}"' if filename else ""
    return (f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n').encode()
