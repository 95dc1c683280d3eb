"""An HTTP server between a gateway and its network that tells, or passes on, what it likes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

import aiohttp
from aiohttp import web
from yarl import URL

from tests.servers.process import free_port

_MOST_BYTES = 64 * 1024 * 1024
_HOPS = {"connection", "content-length", "transfer-encoding"}


@dataclass(frozen=True, slots=True)
class Question:
    """A request as it came."""

    method: str
    path: str
    body: bytes

    def asks(self, *beginning: str) -> bool:
        """Whether it is a GET of a path that begins with one of these."""
        return self.method == "GET" and self.path.startswith(beginning)


def _honest(_question: Question, answer: bytes) -> bytes:
    return answer


def _pass_on(_question: Question) -> bytes | None:
    return None


@dataclass
class LyingProxy:
    """Stands before a server on 127.0.0.1. Use as an async context manager.

    Attributes:
        server_port: of the server.
        port: of the proxy.
        tell: makes of the network's answer the one that is given; only of those that succeeded.
        invent: gives an answer in place of the network, which then never hears of the question;
            None: it is asked.
        told: how often something else was given than what the network said.
    """

    server_port: int
    port: int = field(default_factory=free_port)
    tell: Callable[[Question, bytes], bytes] = _honest
    invent: Callable[[Question], bytes | None] = _pass_on
    told: int = 0

    async def __aenter__(self) -> Self:
        """Listen."""
        self._http = aiohttp.ClientSession(auto_decompress=False)
        application = web.Application(client_max_size=_MOST_BYTES)
        application.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Listen no more."""
        await self._runner.cleanup()
        await self._http.close()

    def become_honest(self) -> None:
        """From now on, say what is so."""
        self.tell, self.invent = _honest, _pass_on

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        question = Question(request.method, request.raw_path, body)
        invented = self.invent(question)
        if invented is not None:
            self.told += 1
            return web.Response(body=invented, content_type="application/json")
        # The Host stays: it is signed.
        url = URL(f"http://127.0.0.1:{self.server_port}{request.raw_path}", encoded=True)
        async with self._http.request(
            request.method, url, data=body or None, headers=request.headers
        ) as answer:
            content = await answer.read()
            headers = {k: v for k, v in answer.headers.items() if k.lower() not in _HOPS}
            if answer.ok:
                given = self.tell(question, content)
                self.told += given != content
                content = given
            return web.Response(status=answer.status, body=content, headers=headers)
