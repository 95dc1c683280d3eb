"""How connections are taken: so many at once, of an address so many, and none that says nothing.

Whoever opens connections and sends half a request costs us a socket each. A connection has its
place from the moment it is accepted, so that one in the midst of its TLS handshake is counted, too;
for that handshake it has `handshake_seconds`. What has no whole header within `idle_seconds` is
closed by aiohttp (that is its keep-alive's timeout, which runs from the handshake's end on); what
has no whole body in time, by `http.app`.
"""

import asyncio
import contextlib
import errno
import socket
import ssl
import struct
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import structlog
from aiohttp import web

from cloud_bridge.network.listening.places import Places

_SHUTDOWN_SECONDS: Final = 10.0
_BACKLOG: Final = 1024
_AT_ONCE: Final = 64
"""Connections that are accepted before anything else has its turn."""
_PAUSE_SECONDS: Final = 1.0
"""Before it is tried again, when there are no files left for another connection."""
_NO_LINGERING: Final = struct.pack("ii", 1, 0)
_log = structlog.get_logger("network")


async def listen(
    app: web.Application,
    stack: contextlib.AsyncExitStack,
    *,
    host: str,
    port: int,
    tls: ssl.SSLContext | None,
    places: Places,
    idle_seconds: float,
    handshake_seconds: float,
) -> int:
    """Answer at a port until the stack is closed; gives the port, where 0 was asked for.

    Args:
        app: what answers.
        stack: closes the port, and then what is under way.
        host: an address or name of this machine; empty: all addresses.
        port: 0 takes a free one.
        tls: None: in the clear.
        places: for connections; whoever comes when there is none is turned away.
        idle_seconds: how long a connection may be without a request.
        handshake_seconds: how long the handshake of TLS may take.

    Raises:
        OSError: the port is taken, or no address of `host` is one of this machine.
    """
    runner = web.AppRunner(
        app,
        access_log=None,
        shutdown_timeout=_SHUTDOWN_SECONDS,
        keepalive_timeout=idle_seconds,
        # Who has gone waits for nothing: a unit of work that is handed over is done all the same.
        handler_cancellation=True,
        # Or it would unpack what nobody reads, too, and answer nobody meanwhile: who sends three
        # megabytes has three gigabytes made of them.
        auto_decompress=False,
    )
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    if runner.server is None:
        raise RuntimeError("a runner that was set up has a server")
    how: dict[str, Any] = {}
    if tls is not None:
        how = {"ssl": tls, "ssl_handshake_timeout": handshake_seconds}
    taken, is_open = port, False
    left_out: list[_NotHereError] = []
    for family, address in await _addresses(host, port):
        try:
            listening = stack.enter_context(_bound(family, (address[0], taken, *address[2:])))
        except _NotHereError as error:
            left_out.append(error)
            continue
        taken = listening.getsockname()[1]
        door = _Door(listening, runner.server, places, how)
        stack.push_async_callback(door.close)
        door.open()
        is_open = True
    if not is_open:
        raise OSError(
            errno.EADDRNOTAVAIL,
            f"no address of {host} is one of this machine: {'; '.join(map(str, left_out))}. Name "
            "another host in network.yaml, or have the machine have this one",
        )
    for each in left_out:
        _log.warning("address_left_out", host=host, address=each.address, error=str(each))
    return taken


class _NotHereError(Exception):
    """This machine has no such address, as where IPv6 is switched off and `localhost` has one."""

    def __init__(self, address: str, why: str) -> None:
        super().__init__(f"{address}: {why}")
        self.address = address


async def _addresses(host: str, port: int) -> list[tuple[socket.AddressFamily, tuple[Any, ...]]]:
    """All that a name of this machine stands for."""
    found = await asyncio.get_running_loop().getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    return list(dict.fromkeys((family, address) for family, _, _, _, address in found))


def _bound(family: socket.AddressFamily, address: tuple[Any, ...]) -> socket.socket:
    try:
        listening = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        if error.errno == errno.EAFNOSUPPORT:
            raise _NotHereError(address[0], str(error.strerror)) from error
        raise
    try:
        listening.setblocking(False)  # noqa: FBT003 - the socket's own word
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        if family == socket.AF_INET6 and error.errno == errno.EADDRNOTAVAIL:
            raise _NotHereError(address[0], str(error.strerror)) from error
        raise OSError(error.errno, f"{address[0]}:{address[1]}: {error.strerror}") from error
    return listening


class _Door:
    """Accepts what comes to a socket, gives each a place, and has it talk to aiohttp."""

    def __init__(
        self,
        listening: socket.socket,
        server: Callable[[], asyncio.Protocol],
        places: Places,
        how: dict[str, Any],
    ) -> None:
        self._listening = listening
        self._server = server
        self._places = places
        self._how = how
        self._loop = asyncio.get_running_loop()
        self._coming: set[asyncio.Task[None]] = set()
        self._opens: asyncio.TimerHandle | None = None

    def open(self) -> None:
        """Let in whoever comes from now on."""
        self._loop.add_reader(self._listening, self._accept)

    async def close(self) -> None:
        """Let nobody in any more, and wait for no handshake."""
        if self._opens is not None:
            self._opens.cancel()
        self._loop.remove_reader(self._listening)
        await asyncio.sleep(0)  # whoever was accepted just now has begun, and ends what it holds
        for task in self._coming:
            task.cancel()
        await asyncio.gather(*self._coming, return_exceptions=True)

    def _accept(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                came, address = self._listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:  # no file is left for it: it waits, and we do not spin
                _log.error("connection_not_accepted", error=str(error))
                self._loop.remove_reader(self._listening)
                self._opens = self._loop.call_later(_PAUSE_SECONDS, self.open)
                return
            if not self._places.take(address[0]):
                _turn_away(came)
                continue
            guest = _Guest(self._server, partial(self._places.leave, address[0]))
            task = self._loop.create_task(self._let_in(came, guest))
            self._coming.add(task)
            task.add_done_callback(self._coming.discard)

    async def _let_in(self, came: socket.socket, guest: "_Guest") -> None:
        came.setblocking(False)  # noqa: FBT003 - the socket's own word
        try:
            await self._loop.connect_accepted_socket(lambda: guest, came, **self._how)
        except OSError as error:  # no handshake: too late, hung up, or not of TLS
            _log.debug("connection_not_made", error=str(error))
        finally:
            if not guest.is_in:
                guest.leave()


def _turn_away(came: socket.socket) -> None:
    """Take nothing from it, and keep nothing of it."""
    with came, contextlib.suppress(OSError):
        came.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGERING)


class _Guest(asyncio.Protocol):
    """Talks to aiohttp once it is in, and gives its place back when it goes."""

    def __init__(self, server: Callable[[], asyncio.Protocol], gone: Callable[[], None]) -> None:
        self._server = server
        self._gone: Callable[[], None] | None = gone
        self._within: asyncio.Protocol | None = None

    @property
    def is_in(self) -> bool:
        """Whether it has come past its handshake."""
        return self._within is not None

    def leave(self) -> None:
        """Give the place back, once."""
        gone, self._gone = self._gone, None
        if gone is not None:
            gone()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio."""
        self._within = self._server()
        self._within.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio."""
        self.leave()
        if self._within is not None:
            self._within.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """See asyncio."""
        if self._within is not None:
            self._within.data_received(data)

    def eof_received(self) -> bool | None:
        """See asyncio."""
        return None if self._within is None else self._within.eof_received()

    def pause_writing(self) -> None:
        """See asyncio."""
        if self._within is not None:
            self._within.pause_writing()

    def resume_writing(self) -> None:
        """See asyncio."""
        if self._within is not None:
            self._within.resume_writing()
