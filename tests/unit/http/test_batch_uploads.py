"""What a caller may send as a batch, and what of it is in the gateway's memory."""

import asyncio
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.batches.reading.errors import ArchiveTooLargeProblem
from gateway.http import uploads
from gateway.http.batch_bodies import BatchBody
from gateway.http.errors import MalformedRequestProblem, OverloadedProblem
from gateway.http.uploads import Upload, UploadedPart, Uploads, Writing
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
        body = BatchBody(upload, in_force=_nothing, most_document_bytes=1000)
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
