"""How connections are taken: so many at once, and none that says nothing.

Whoever opens connections and sends half a request costs us a socket each. What has no whole
header within `idle_seconds` is closed by aiohttp (that is its keep-alive's timeout, which runs from
the connection's first moment on); what has no whole body in time, by `http.app`.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from typing import Final

import structlog
from aiohttp import web

_SHUTDOWN_SECONDS: Final = 10.0
_HANDSHAKE_SECONDS: Final = 10.0
_BACKLOG: Final = 1024
_log = structlog.get_logger("network")


async def listen(
    app: web.Application,
    stack: contextlib.AsyncExitStack,
    *,
    host: str,
    port: int,
    tls: ssl.SSLContext | None,
    most: int,
    idle_seconds: float,
) -> int:
    """Answer at a port until the stack is closed; gives the port, where 0 was asked for.

    Args:
        app: what answers.
        stack: closes the port, and then what is under way.
        host: an address or name of this machine.
        port: 0 takes a free one.
        tls: None: in the clear.
        most: connections at once; whoever comes then is turned away.
        idle_seconds: how long a connection may be without a request.

    Raises:
        OSError: the port is taken.
    """
    runner = web.AppRunner(
        app,
        access_log=None,
        shutdown_timeout=_SHUTDOWN_SECONDS,
        keepalive_timeout=idle_seconds,
        # Who has gone waits for nothing: a unit of work that is handed over is done all the same.
        handler_cancellation=True,
    )
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    if runner.server is None:
        raise RuntimeError("a runner that was set up has a server")
    server = await asyncio.get_running_loop().create_server(
        _bounded(runner.server, most),
        host,
        port,
        ssl=tls,
        ssl_handshake_timeout=None if tls is None else _HANDSHAKE_SECONDS,
        backlog=_BACKLOG,
    )
    stack.callback(server.close)
    taken: int = server.sockets[0].getsockname()[1]
    return taken


def _bounded(server: web.Server, most: int) -> Callable[[], asyncio.Protocol]:
    is_told = False

    def protocol() -> asyncio.Protocol:
        nonlocal is_told
        is_full = len(server.connections) >= most
        if is_full and not is_told:
            _log.error("connections_full", most=most)
        is_told = is_full
        return _TurnedAway() if is_full else server()

    return protocol


class _TurnedAway(asyncio.Protocol):
    """Takes nothing from whoever comes while all places are taken."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Close it, at once."""
        if isinstance(transport, asyncio.Transport):
            transport.abort()
