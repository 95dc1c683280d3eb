"""A TCP proxy that keeps every byte that goes up, and reads the requests in them."""

import asyncio
import base64
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Self

import msgspec

from tests.servers.process import free_port

_CHUNK_BYTES = 65_536


@dataclass(frozen=True)
class Sent:
    """A request as it went over the wire."""

    method: str
    path: str
    body: bytes

    @property
    def layers(self) -> Iterator[bytes]:
        """The path, the body, and what that holds as JSON, MessagePack or base64, however deep."""
        yield self.path.encode()
        yield from _layers(self.body)


def _layers(data: bytes) -> Iterator[bytes]:
    yield data
    for decode in (msgspec.json.decode, msgspec.msgpack.decode):
        with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError):
            for part in _parts(decode(data)):
                yield part
                if part != data:
                    yield from _layers(part)
                with contextlib.suppress(ValueError):
                    yield from _layers(base64.b64decode(part, validate=True))


def _parts(value: object) -> Iterator[bytes]:
    """Every text and all bytes in it; names of fields too."""
    match value:
        case bytes():
            yield value
        case str():
            yield value.encode()
        case dict():
            for name, each in value.items():
                yield from _parts(name)
                yield from _parts(each)
        case list():
            for each in value:
                yield from _parts(each)


@dataclass
class RecordingProxy:
    """Stands before a server on 127.0.0.1; `up` has what went to it, a stream a connection."""

    server_port: int
    port: int = field(default_factory=free_port)
    up: list[bytearray] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._server: asyncio.Server | None = None
        self._carrying: set[asyncio.Task[None]] = set()
        self._ends: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        for end in self._ends:
            end.transport.abort()
        await asyncio.gather(*self._carrying, return_exceptions=True)

    @property
    def everything(self) -> bytes:
        return b"\0".join(self.up)

    @property
    def requests(self) -> list[Sent]:
        """Every request of every connection, in the order of each."""
        return [request for stream in self.up for request in _requests(bytes(stream))]

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up, down = await asyncio.open_connection("127.0.0.1", self.server_port)
        self._ends += (writer, down)
        kept = bytearray()
        self.up.append(kept)
        for source, target, record in ((reader, down, kept), (up, writer, None)):
            task = asyncio.create_task(_carry(source, target, record))
            self._carrying.add(task)
            task.add_done_callback(self._carrying.discard)


async def _carry(
    source: asyncio.StreamReader, target: asyncio.StreamWriter, record: bytearray | None
) -> None:
    try:
        while chunk := await source.read(_CHUNK_BYTES):
            if record is not None:
                record += chunk
            target.write(chunk)
            await target.drain()
        target.write_eof()
    except OSError:  # the other side is gone
        target.transport.abort()


def _requests(stream: bytes) -> list[Sent]:
    found: list[Sent] = []
    while stream:
        head, _, rest = stream.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, _version = first.split(" ")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines)
        }
        assert "transfer-encoding" not in headers
        length = int(headers.get("content-length", "0"))
        found.append(Sent(method, path, rest[:length]))
        stream = rest[length:]
    return found
