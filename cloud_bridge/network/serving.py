"""The ports: one for organisations, and, where it is asked for, another for persons' pages."""

import asyncio
import contextlib
import os
import signal
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

import structlog
import uvloop
from aiohttp import web

from cloud_bridge.interfaces import Time
from cloud_bridge.network.administration import (
    LocalAdministration,
    operator_routes,
    operator_socket,
)
from cloud_bridge.network.config import NetworkConfig, TLSConfig
from cloud_bridge.network.core import Core, Room
from cloud_bridge.network.http.routes import Route
from cloud_bridge.network.listening.connections import listen
from cloud_bridge.network.listening.places import Places
from cloud_bridge.network.open import ROOMS, Network, open_network
from cloud_bridge.network.persons.id_tails import IdTails
from cloud_bridge.network.store.ownership import sole_owner

_log = structlog.get_logger("network")


@dataclass(frozen=True, slots=True)
class Serving:
    """A network that listens. `url` is for organisations, `pages` for persons."""

    network: Network
    url: str
    pages: str


@contextlib.asynccontextmanager
async def serving(
    config: NetworkConfig, time: Time, *, rooms: Sequence[Callable[[Core], Room]] = ROOMS
) -> AsyncIterator[Serving]:
    """Open the network and its ports.

    Raises:
        StateInUseError: another process uses the state directory.
        OSError, ValueError: a key or certificate cannot be read, or a port is taken.
        SchemaNewerError: the database was written by a newer version.
    """
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(sole_owner(config.state_directory))
        network = await stack.enter_async_context(open_network(config, time, rooms=rooms))
        server, pages = config.server, config.pages
        tls, limits = _tls(server.tls), config.limits
        apart = pages.port is not None

        def of_organisations(route: Route) -> bool:
            return not apart or route.who != "page"

        async def listening(wanted: Callable[[Route], bool], host: str, port: int) -> str:
            taken = await listen(
                network.api.application(wanted),
                stack,
                host=host,
                port=port,
                tls=tls,
                places=Places(limits.connections, of_an_address=limits.connections_per_address),
                idle_seconds=limits.idle_seconds,
                handshake_seconds=limits.handshake_seconds,
            )
            shown = f"[{host}]" if ":" in host else host
            return f"{'http' if tls is None else 'https'}://{shown}:{taken}"

        # Whoever waits for its feed is let go before the ports are closed.
        url = await listening(of_organisations, server.host, server.port)
        where = url
        if pages.port is not None:
            where = await listening(lambda route: route.who == "page", pages.host, pages.port)
        await _listen_to_the_operator(network.core, stack)
        stack.callback(network.core.feeds.close)
        yield Serving(network, url, pages.external_url or where)


def serve(config: NetworkConfig, time: Time, *, ready: Callable[[Serving], None]) -> None:
    """Serve until TERM or INT; `ready` is called once the ports are open. Raises as `serving`."""
    os.umask(0o077)  # database and contents: for this user alone, whoever made the folders
    uvloop.run(_serve(config, time, ready))


async def _serve(config: NetworkConfig, time: Time, ready: Callable[[Serving], None]) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    async with serving(config, time) as served:
        ready(served)
        await stopped.wait()
        _log.info("stopping")


async def _listen_to_the_operator(core: Core, stack: contextlib.AsyncExitStack) -> None:
    # Entered first: it is closed after whatever listens on it.
    listening = stack.enter_context(operator_socket(core.config))
    app = web.Application()
    app.add_routes(
        operator_routes(LocalAdministration(core.accounts, IdTails(core.lane), core.time))
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.SockSite(runner, listening).start()


def _tls(config: TLSConfig | None) -> ssl.SSLContext | None:
    if config is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(config.certificate, config.key)
    # Optional, because persons' browsers have none; whatever is for organisations wants one.
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_verify_locations(config.client_ca)
    return context
