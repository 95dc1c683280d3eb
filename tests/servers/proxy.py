"""A TCP proxy that fails: it cuts, swallows, and goes away, where and when a test says so."""

import asyncio
from dataclasses import dataclass, field

from tests.servers.process import free_port

_CHUNK_BYTES = 16_384


@dataclass
class FaultProxy:
    """Stands before a server on 127.0.0.1.

    Attributes:
        server_port: of the server.
        port: of the proxy.
        passed: bytes that went through, both ways, of all connections.
        cut_at: when so many bytes have passed, every connection dies in the middle of what it
            was carrying; once.
        swallow: let nothing through and end nothing, as a broken network does.
    """

    server_port: int
    port: int = field(default_factory=free_port)
    passed: int = 0
    cut_at: int | None = None
    swallow: bool = False

    def __post_init__(self) -> None:
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self._carrying: set[asyncio.Task[None]] = set()

    async def come_back(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)

    async def go_away(self) -> None:
        """Refuse new connections and end all that there are."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        self.cut()
        await asyncio.gather(*self._carrying, return_exceptions=True)

    def cut(self) -> None:
        """End every connection, with no goodbye."""
        for end in self._ends:
            end.transport.abort()
        self._ends.clear()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            up, down = await asyncio.open_connection("127.0.0.1", self.server_port)
        except OSError:
            writer.transport.abort()
            return
        self._ends |= {writer, down}
        for source, target in ((reader, down), (up, writer)):
            task = asyncio.create_task(self._carry(source, target))
            self._carrying.add(task)
            task.add_done_callback(self._carrying.discard)

    async def _carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while chunk := await source.read(_CHUNK_BYTES):
                if self.swallow:
                    continue
                target.write(self._counted(chunk))
                await target.drain()
                if self.cut_at is not None and self.passed >= self.cut_at:
                    self.cut_at = None
                    self.cut()
                    return
            target.write_eof()
        except (OSError, RuntimeError):  # the other side is gone
            target.transport.abort()

    def _counted(self, chunk: bytes) -> bytes:
        if self.cut_at is not None:
            chunk = chunk[: max(0, self.cut_at - self.passed)]
        self.passed += len(chunk)
        return chunk
