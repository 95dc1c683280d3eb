"""A real HTTP server that takes webhooks, as a business system would, and answers as it is told."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

_PATIENCE_SECONDS = 20.0

Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Received:
    headers: dict[str, str]
    body: bytes
    path: str

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class WebhookServer:
    """What came, and what is answered: `answers` one by one, then always 204."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    answers: list[int | Answering] = field(default_factory=list)
    always: int | Answering = 204
    _came: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def take(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        answer = self.answers.pop(0) if self.answers else self.always
        async with self._came:
            self.received.append(Received(headers, body, request.path))
            self._came.notify_all()
        return web.Response(status=answer) if isinstance(answer, int) else await answer(request)

    async def got(self, count: int) -> list[Received]:
        """Wait until so many came, and fail when they do not."""
        async with self._came, asyncio.timeout(_PATIENCE_SECONDS):
            await self._came.wait_for(lambda: len(self.received) >= count)
        return self.received


@asynccontextmanager
async def webhook_server(tls: ssl.SSLContext | None = None) -> AsyncIterator[WebhookServer]:
    """One that listens at a free port of this machine."""
    server = WebhookServer()
    app = web.Application()
    app.router.add_post("/{tail:.*}", server.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    port = runner.addresses[0][1]
    server.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}/hooks/sealgate"
    try:
        yield server
    finally:
        await runner.cleanup()
