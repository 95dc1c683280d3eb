"""The port: opened, with TLS where it is configured."""

import contextlib
import ssl

from aiohttp import web

from gateway.config import Config, TLSConfig
from gateway.http.app import API

_SHUTDOWN_SECONDS = 20.0
_IDLE_SECONDS = 75.0


async def listen(
    api: API,
    config: Config,
    stack: contextlib.AsyncExitStack,
    *,
    idle_seconds: float = _IDLE_SECONDS,
) -> str:
    """Open the port; gives the URL.

    Args:
        api: what answers.
        config: says where.
        stack: closes it.
        idle_seconds: how long a connection may be without a whole request header. Each costs us a
            socket, and whoever opens one need not say who it is.
    """
    runner = web.AppRunner(
        api.application(),
        access_log=None,
        shutdown_timeout=_SHUTDOWN_SECONDS,
        keepalive_timeout=idle_seconds,
        # What is packed is refused; aiohttp would unpack it all the same to read past it, and
        # answer nobody meanwhile: three megabytes make three gigabytes.
        auto_decompress=False,
    )
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    site = web.TCPSite(
        runner,
        config.http.host,
        config.http.port,
        ssl_context=_tls(config.http.tls),
        backlog=1024,
    )
    await site.start()
    return _url(config, runner)


def _url(config: Config, runner: web.AppRunner) -> str:
    host, port, *_ = runner.addresses[0]  # the port that was taken, where 0 was asked for
    return f"{'http' if config.http.tls is None else 'https'}://{host}:{port}"


def _tls(config: TLSConfig | None) -> ssl.SSLContext | None:
    if config is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(config.certificate, config.key)
    if config.client_ca is not None:
        # Optional, because a request may be signed instead; the API decides what is enough.
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_verify_locations(config.client_ca)
    return context
