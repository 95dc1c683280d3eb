"""What of a batch is told as it comes: its events, and all of its documents in one archive."""

import asyncio
import contextlib
import io
import zipfile
from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
import structlog
from aiohttp import web

from gateway.batches.progress import ProgressBook
from gateway.batches.reading.names import folded, shown
from gateway.batches.service import BatchService
from gateway.errors import Problem
from gateway.http.batches import answers as batch_answers
from gateway.http.describing import answered, path_parameter
from gateway.http.places import Places
from gateway.http.routes import WHO, Route
from gateway.signing.archive import Archive
from gateway.store.batch_items import ItemRow
from gateway.store.batches import BatchRow
from policies.model import Caller

_ONE = "/v1/batches/{id}"
_LOOK_SECONDS = 2.0
_APART_SECONDS = 0.25
_LOOKS_BEFORE_A_HEARTBEAT = 7
_MOST_STREAMS = 200
_PAGE_ITEMS = 200
_log = structlog.get_logger("http")
_OLDEST = (1980, 1, 1, 0, 0, 0)


class BatchStreams:
    """The handlers, and what they ask."""

    def __init__(self, service: BatchService, *, progress: ProgressBook, archive: Archive) -> None:
        self._service = service
        self._progress = progress
        self._archive = archive
        self._places = Places(_MOST_STREAMS, "batches are being watched")

    def routes(self) -> tuple[Route, ...]:
        """What this file answers."""
        return (
            Route("GET", f"{_ONE}/events", "batch-events", "document.read", self.events),
            Route("GET", f"{_ONE}/documents", "batch-documents", "document.read", self.documents),
        )

    async def events(self, request: web.Request) -> web.StreamResponse:
        """How far it is, each time that something has changed, until it has ended."""
        await self._batch(request)
        response = web.StreamResponse(headers={"Cache-Control": "no-store"})
        response.content_type = "text/event-stream"
        with self._places.one(request[WHO].caller.system):
            await response.prepare(request)
            if request.method != "HEAD":
                with _to_the_end_or_broken_off(request):
                    async for event in self._told(request):
                        await response.write(event)
        return response

    async def _told(self, request: web.Request) -> AsyncIterator[bytes]:
        last, quiet = request.headers.get("Last-Event-ID", ""), 0
        while not self._progress.is_stopping:
            news = self._progress.news(request.match_info["id"])
            row = await self._batch(request)
            progress = await self._progress.of(row)
            # What it is now says all that was before: a watcher that lost the connection needs no
            # more than this.
            event_id = f"{row.state}-{row.items - progress.counts.get('waiting', 0)}"
            if row.is_over or event_id != last:
                name = "end" if row.is_over else "progress"
                data = msgspec.json.encode(batch_answers.with_progress(row, progress)).decode()
                yield f"id: {event_id}\nevent: {name}\ndata: {data}\n\n".encode()
                last, quiet = event_id, 0
            elif quiet >= _LOOKS_BEFORE_A_HEARTBEAT:
                yield b": still there\n\n"
                quiet = 0
            if row.is_over:
                return
            quiet += 1
            await asyncio.sleep(_APART_SECONDS)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await news.wait()

    async def documents(self, request: web.Request) -> web.StreamResponse:
        """Every sealed document of it in one ZIP, made as it is sent."""
        row = await self._batch(request)
        response = web.StreamResponse(
            headers={"Content-Disposition": f'attachment; filename="{row.id}.zip"'}
        )
        response.content_type = "application/zip"
        await response.prepare(request)
        if request.method != "HEAD":
            with _to_the_end_or_broken_off(request):
                async for piece in self._zipped(row, request[WHO].caller):
                    await response.write(piece)
        return response

    async def _zipped(self, row: BatchRow, caller: Caller) -> AsyncIterator[bytes]:
        out = _Drained()
        missing: list[str] = []
        names: set[str] = set()
        with zipfile.ZipFile(out, "w") as archive:
            async for item in self._sealed(row):
                try:
                    sealed = await self._archive.sealed(item.document or "", caller)
                except Problem as problem:
                    missing.append(f"{item.number}\t{item.document}\t{problem.type}\n")
                    continue
                content = b"".join(sealed.content)
                entry = zipfile.ZipInfo(_name(item, names), _OLDEST)
                await asyncio.to_thread(archive.writestr, entry, content)
                yield out.take()
            if missing:
                archive.writestr(zipfile.ZipInfo("missing.txt", _OLDEST), "".join(missing))
        yield out.take()

    async def _sealed(self, row: BatchRow) -> AsyncIterator[ItemRow]:
        after = 0
        while page := await self._service.items(row, after=after, most=_PAGE_ITEMS):
            for item in page:
                if item.document is not None:
                    yield item
            after = page[-1].number

    async def _batch(self, request: web.Request) -> BatchRow:
        return await self._service.batch(request.match_info["id"], request[WHO].caller)


@contextlib.contextmanager
def _to_the_end_or_broken_off(request: web.Request) -> Iterator[None]:
    """What has begun cannot be answered otherwise: it breaks off, so that nobody takes it for all.

    A caller that went away has seen enough.
    """
    try:
        yield
    except ConnectionError:
        return
    except Problem as problem:
        _log.error("stream_broken_off", path=request.path, problem=problem.type)
        if request.transport is not None:
            request.transport.abort()


class _Drained(io.RawIOBase):
    """What was written since it was taken last; cannot be sought."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:  # noqa: ANN401 - as io has it
        self._written += data
        return len(data)

    def take(self) -> bytes:
        taken, self._written = bytes(self._written), bytearray()
        return taken


def _name(item: ItemRow, taken: set[str]) -> str:
    """The name under which it came, below which nothing else lies."""
    parts = [part for part in shown(item.name).replace("\\", "/").split("/") if part.strip(". ")]
    name = "/".join(parts) or f"{item.number}.pdf"
    if folded(name) in taken:
        name = f"{item.number}-{name.rpartition('/')[2]}"
    taken.add(folded(name))
    return name


def openapi_paths() -> dict[str, Any]:
    """What this file answers, described."""
    return {
        f"{_ONE}/events": {
            "get": _streamed(
                "getBatchEvents",
                "How far it is, as server-sent events",
                "Each event has the batch as `data`; the last one is called `end`. A comment comes "
                "every quarter of a minute. With `Last-Event-ID` nothing is told twice.",
                "text/event-stream",
            )
        },
        f"{_ONE}/documents": {
            "get": _streamed(
                "getBatchDocuments",
                "Every sealed document of it in one ZIP",
                "Under the names with which they came. What is not kept any more stands in "
                "`missing.txt`.",
                "application/zip",
            )
        },
    }


def openapi_schemas() -> dict[str, Any]:
    """The types that this file brings along: none."""
    return {}


def _streamed(operation: str, summary: str, description: str, kind: str) -> dict[str, Any]:
    return {
        **answered(operation, summary, {kind: {"schema": {"type": "string"}}}),
        "description": description,
        "parameters": [path_parameter("id", "The batch's id.")],
    }
