"""Documents a second of a bulk batch: in one request over HTTP, or dropped into a watched folder.

From the first byte sent, or the first file renamed in, to the moment at which the last document has
its result; in the folder's case it lies there sealed. All of the way is in it: the body on the
disk, the documents on the shelf, jobs, claims, the signing cycle, results.
"""

import asyncio
import hashlib
import json
import os
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
_LEFT_A_SECOND = 2000
_CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulk:
    """What came of it: how many documents, in how many seconds, and by how many batches."""

    documents: int
    seconds: float
    batches: int = 1

    @property
    def per_s(self) -> float:
        """Documents a second."""
        return self.documents / self.seconds


def bulk_batch(
    installation: Installation, row: Row, document: Path, *, documents: int, keyword: bool = False
) -> Bulk:
    """Have a batch of so many copies sealed, each under a number of its own.

    Args:
        installation: whose gateway runs.
        row: the seal, and the stamp's place.
        document: the file.
        documents: how many copies.
        keyword: leave the stamp's place to the seal, which looks for a keyword.

    Raises:
        BenchError: one of them was not sealed, or there was no receipt.
    """
    content = document.read_bytes()
    return asyncio.run(_bulk(installation, row, content, documents, keyword=keyword))


def dropped(installation: Installation, document: Path, *, documents: int) -> Bulk:
    """Drop so many copies into the trial's folder; the stamp goes beside the seal's keyword.

    Raises:
        BenchError: one of them was not sealed, or a batch has no receipt.
    """
    return asyncio.run(_dropped(installation, document.read_bytes(), documents))


async def _dropped(installation: Installation, document: bytes, documents: int) -> Bulk:
    folder, run = installation.trial.folder, secrets.token_hex(6)
    names = [f"{run}-{number:06d}_128000.pdf" for number in range(documents)]
    for name in names:
        (folder / "inbox" / f"{name}.part").write_bytes(document)
    async with _client(installation) as client:
        known = await _batches(client)
        began = time.monotonic()
        for name in names:
            (folder / "inbox" / f"{name}.part").rename(folder / "inbox" / name)
        await _all_done(folder, run, documents)
        seconds = time.monotonic() - began
        made = await _batches(client) - known
        for path in made:
            await _receipt(client, path)
            await _table(folder, path.rpartition("/")[2])
    # Aside and not away: without a journal, ext4 is slow to make files where many were deleted
    # within the last minutes, and the next round would be measured with that.
    (folder / "done").rename(folder.with_name(f"{folder.name}-done-{run}"))
    return Bulk(documents=documents, seconds=seconds, batches=len(made))


async def _all_done(folder: Path, run: str, documents: int) -> None:
    patience = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < patience:
        failed = next((folder / "failed").glob(f"{run}-*"), None)
        if failed is not None:
            raise BenchError(f"{failed.name} came back from the folder unsealed")
        left = documents - _results(folder / "done", run)
        if not left:
            return
        # Looking through thousands of names takes from the gateway's time: rarely, with many left.
        await asyncio.sleep(max(_PAUSE_SECONDS, min(left / _LEFT_A_SECOND, 1.0)))
    raise BenchError(f"the folder was not done within {_PATIENCE_SECONDS:g} s")


def _results(done: Path, run: str) -> int:
    """How many documents have come back: the results beside a document are written after it."""
    if not done.exists():
        return 0
    with os.scandir(done) as entries:
        names = (entry.name for entry in entries)
        return sum(name.startswith(run) and name.endswith(".result.json") for name in names)


async def _table(folder: Path, batch: str) -> None:
    """Wait for the table of a batch, so that nothing is removed while it is being written."""
    patience = time.monotonic() + _PATIENCE_SECONDS
    while not (folder / "done" / f"{batch}.results.csv").exists():
        if time.monotonic() > patience:
            raise BenchError(f"the folder has no results of batch {batch}")
        await asyncio.sleep(_PAUSE_SECONDS)


async def _batches(client: GatewayClient) -> set[str]:
    """The paths of all batches."""
    found: set[str] = set()
    before = ""
    while True:
        page = await client.get_json(f"/v1/batches?limit=100{before}")
        found |= {batch["links"]["self"] for batch in page["batches"]}
        if page["next"] is None:
            return found
        before = f"&before={page['next']}"


def _client(installation: Installation) -> GatewayClient:
    signer = RequestSigner(
        key_id=HMAC_KEY_ID, key=installation.hmac_secret.read_bytes(), clock=SystemClock()
    )
    return GatewayClient(f"http://127.0.0.1:{installation.port}", signer)


async def _bulk(
    installation: Installation, row: Row, document: bytes, documents: int, *, keyword: bool
) -> Bulk:
    run = secrets.token_hex(6)
    boundary = f"bulk-{run}"
    order = _order(row) if keyword else {**_order(row), "placement": row.spot}
    body = _body(order, document, documents, run=run, boundary=boundary)
    headers = {
        "Content-Type": f"multipart/form-data; boundary={boundary}",
        "Idempotency-Key": run,
    }
    async with _client(installation) as client:
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
    last: Exception | None = None
    while time.monotonic() < patience:
        try:
            async with client.exchange("GET", f"{path}/receipt"):
                return
        except Exception as error:  # noqa: BLE001 - not ready yet, or it never will be
            last = error
        await asyncio.sleep(_PAUSE_SECONDS)
    raise BenchError(f"{path} has no receipt: {last}")


def _order(row: Row) -> dict[str, object]:
    return {
        "seal": row.seal,
        "documentType": row.document_type,
        "attributes": {"amount_cents": row.amount_cents, "consignee": row.consignee},
    }


def _body(
    order: dict[str, object], document: bytes, documents: int, *, run: str, boundary: str
) -> LargeBody:
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
