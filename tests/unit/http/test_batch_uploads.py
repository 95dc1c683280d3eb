"""What a caller may send as a batch, and what of it is in the gateway's memory."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.batches.reading.errors import ArchiveTooLargeProblem
from gateway.http.batches import streams as batch_streams
from gateway.http.batches.bodies import BatchBody
from gateway.http.batches.streams import BatchStreams
from gateway.http.errors import (
    MalformedRequestProblem,
    OverloadedProblem,
    RequestTooSlowProblem,
)
from gateway.http.reading import small_bodies, uploads
from gateway.http.reading.uploads import Upload, UploadedPart, Uploads, Writing
from gateway.http.routes import WHO
from tests.batch_client import body_of


async def test_one_system_cannot_take_all_places(tmp_path: Path) -> None:
    received = Uploads(tmp_path, most_bytes=1000)

    async def slow(system: str) -> None:
        async with received.receive(_that_never_ends(), system=system):
            pass

    held = [asyncio.create_task(slow("tms")) for _ in range(20)]
    await asyncio.sleep(0.01)
    refused = [task.exception() for task in held if task.done()]
    assert refused
    assert all(isinstance(each, OverloadedProblem) for each in refused)

    other = asyncio.create_task(slow("wms"))
    await asyncio.sleep(0.01)
    assert not other.done()
    for task in (*held, other):
        task.cancel()
    await asyncio.gather(*held, other, return_exceptions=True)

    again = asyncio.create_task(slow("tms"))
    await asyncio.sleep(0.01)
    assert not again.done()
    again.cancel()


async def test_a_body_that_never_ends_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never() -> AsyncIterator[bytes]:
        await asyncio.Event().wait()
        yield b""

    monkeypatch.setattr(small_bodies, "_SECONDS", 0.01)
    request: Any = SimpleNamespace(content=SimpleNamespace(iter_any=never))
    with pytest.raises(RequestTooSlowProblem):
        await small_bodies.read_small_body(request, most_bytes=1)


async def test_one_system_cannot_watch_in_all_places() -> None:
    async def own(*_: object) -> None:
        return None

    nothing: Any = SimpleNamespace(batch=own)
    streams = BatchStreams(nothing, progress=nothing, archive=nothing)
    who = SimpleNamespace(caller=SimpleNamespace(system="tms"))
    with ExitStack() as taken:
        for _ in range(batch_streams._MOST_STREAMS // 2):
            taken.enter_context(streams._places.one("tms"))
        with pytest.raises(OverloadedProblem):
            await streams.events(_Request({WHO: who}))
        with streams._places.one("wms"):
            pass


class _Request(dict[Any, Any]):
    match_info = {"id": "b"}  # noqa: RUF012 - as aiohttp has it
    headers: dict[str, str] = {}  # noqa: RUF012
    method = "GET"


def test_a_manifest_that_is_too_long_is_not_read_into_the_memory() -> None:
    class _Unread(Upload):
        def content(self, part: UploadedPart) -> bytes:
            assert part.name == "batch"
            return b"{}"

    with tempfile.TemporaryFile() as file:
        upload = _Unread(file)
        upload.parts = [
            UploadedPart(name="batch", filename="", start=0, length=2),
            UploadedPart(name="manifest", filename="m.csv", start=2, length=2**31),
        ]
        body = BatchBody(upload, in_force=_nothing, most_document_bytes=1000, lying_ready=_nothing)
        with pytest.raises(ArchiveTooLargeProblem):
            list(body._found())


def test_names_of_files_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "_MOST_NAME_BYTES", 10_000)
    body, kind = body_of([("document", "\N{FISH}" + "x" * 900, b"")] * 10)
    with tempfile.TemporaryFile() as file:
        boundary = kind.partition("boundary=")[2]
        writing = Writing(Upload(file), boundary, algorithms=("sha-256",))
        with pytest.raises(MalformedRequestProblem, match="too long in all"):
            writing.feed(body)


def _that_never_ends() -> Any:  # noqa: ANN401 - as much of a request as is looked at
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    content = SimpleNamespace(readany=asyncio.Event().wait)
    return SimpleNamespace(headers=headers, content_length=None, content=content)


def _nothing() -> Any:  # noqa: ANN401 - never called
    raise AssertionError
