"""The aiohttp application: routes, and what happens around every one of them."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from typing import Final

import structlog
from aiohttp import web

from cloud_bridge.interfaces import Time
from cloud_bridge.network.http.access import Access, check_body
from cloud_bridge.network.http.answers import problem_response, with_pause
from cloud_bridge.network.http.metrics import Metrics
from cloud_bridge.network.http.routes import (
    BODY,
    ORGANISATION,
    Handler,
    Route,
    Shows,
    Who,
    told_path,
)
from cloud_bridge.network.problems import (
    InternalProblem,
    MalformedProblem,
    NetworkProblem,
    NotFoundProblem,
    TooLargeProblem,
)
from cloud_bridge.pace import Pace

_TRACE: Final = web.RequestKey("trace", str)
_LEAST_BYTES_PER_SECOND: Final = 64 * 1024
_LEAST_BYTES_OF_PERSONS: Final = 15 * 1024
"""Telephones stand where goods are unloaded; a receipt's page waits for 16 kB a second."""
_LOOK_SECONDS: Final = 1.0
_PAGE: Final = "text/html"
_PLAIN: Final = "identity"
_NUL: Final = "%00"
"""As an address has it; PostgreSQL takes none in a text."""
_log = structlog.get_logger("network.http")


class API:
    """All routes behind one door."""

    def __init__(
        self,
        routes: Sequence[Route],
        *,
        access: Access,
        metrics: Metrics,
        time: Time,
        statement_bytes: int,
        content_bytes: int,
        body_seconds: float,
    ) -> None:
        self.routes = tuple(routes)
        self._access = access
        self._metrics = metrics
        self._time = time
        self._statement_bytes = statement_bytes
        self._body_seconds = body_seconds
        # Room for the head, with its keys.
        self._content_bytes = content_bytes + (1 << 20)

    def application(self, wanted: Callable[[Route], bool] = lambda _route: True) -> web.Application:
        """The application with those of the routes, ready to be served."""
        app = web.Application(middlewares=[self._around], client_max_size=self._content_bytes)
        for route in filter(wanted, self.routes):
            app.router.add_route(route.method, route.path, self._behind(route), name=None)
        return app

    def _behind(self, route: Route) -> Handler:
        """The route's handler, for whom the route is for."""
        if route.who != "organisation":
            return _named(route, route.handler)
        most = self._content_bytes if route.large else self._statement_bytes

        async def let_in(request: web.Request) -> web.StreamResponse:
            request[ORGANISATION] = await self._access.let_in(request, once=route.once)
            body = await _read(request, most)
            check_body(request, body)
            request[BODY] = body
            return await route.handler(request)

        return _named(route, let_in)

    @web.middleware
    async def _around(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Around every request: trace id, problems as answers, log line and metrics."""
        trace = secrets.token_hex(8)
        started = self._time.monotonic()
        route = getattr(request.match_info.handler, "route_name", "none")
        pace = pace_for(getattr(request.match_info.handler, "who", "anyone"), self._body_seconds)
        watching = Watching(request, pace, trace, loop=asyncio.get_running_loop())
        try:
            response, outcome = await self._answer(request, handler, trace)
        finally:
            watching.stop()
        seconds = self._time.monotonic() - started
        self._metrics.requests.labels(route, outcome).inc()
        self._metrics.seconds.labels(route).observe(seconds)
        if not response.prepared:
            response.headers["Sealgate-Trace"] = trace
        _log.debug(
            "request",
            trace=trace,
            route=route,
            status=response.status,
            outcome=outcome,
            milliseconds=round(seconds * 1000, 1),
            organisation=request.get(ORGANISATION),
        )
        return response

    async def _answer(
        self, request: web.Request, handler: Handler, trace: str
    ) -> tuple[web.StreamResponse, str]:
        try:
            _refuse_nul(request)
            _refuse_packed(request)
            return await handler(request), "ok"
        except NetworkProblem as problem:
            tell = _log.error if problem.owner == "it" else _log.info
            tell("refused", trace=trace, problem=problem.type, detail=problem.detail)
            told = problem
        except web.RequestPayloadError:
            told = MalformedProblem("the body is not written as its headers say, or ends early")
        except web.HTTPRequestEntityTooLarge as error:
            told = TooLargeProblem(error.text or "the body is too large")
        except web.HTTPException as error:
            if error.status < 400:  # noqa: PLR2004 - a page that leads elsewhere
                raise
            told = NotFoundProblem(f"{request.method} {told_path(request)}: {error.reason}")
        except Exception:  # noqa: BLE001 - whatever else: a defect of ours
            _log.exception("defect", trace=trace, path=told_path(request))
            told = InternalProblem("the network's log has the details under this trace id")
        return _told(request, told, trace), told.type


def pace_for(who: Who, body_seconds: float) -> Pace:
    """How fast the body of a request must come, by whom its route is for."""
    least = _LEAST_BYTES_OF_PERSONS if who == "page" else _LEAST_BYTES_PER_SECOND
    return Pace(body_seconds, least)


def _told(request: web.Request, problem: NetworkProblem, trace: str) -> web.Response:
    """For a person in words and their language, where they have asked for a page; else as JSON."""
    shows: Shows | None = getattr(request.match_info.handler, "shows", None)
    if shows is not None and _PAGE in request.headers.get("Accept", ""):
        try:
            response = shows(request, problem, trace)
        except Exception:  # noqa: BLE001 - the page itself may be the defect
            _log.exception("page_not_shown", trace=trace, path=told_path(request))
        else:
            return with_pause(response, problem)
    return problem_response(problem, trace=trace)


def _refuse_nul(request: web.Request) -> None:
    if _NUL in request.raw_path:
        raise MalformedProblem("there is a NUL in the address, and in no name of anything")


def _refuse_packed(request: web.Request) -> None:
    # Three megabytes of it unpack to three gigabytes, also where nobody reads them; see `listen`.
    encoding = request.headers.get("Content-Encoding", _PLAIN)
    if encoding.strip().lower() != _PLAIN:
        raise MalformedProblem(f"the body is sent as {encoding[:40]!r}: send it as it is")


class Watching:
    """Lets go of whoever does not send the body as fast as is asked, whoever waits for it.

    How long it will be its sender says; that gives no time before it has come.
    """

    def __init__(
        self, request: web.Request, pace: Pace, trace: str, *, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._request = request
        self._pace = pace
        self._trace = trace
        self._loop = loop
        self._began = loop.time()
        self._next = loop.call_later(pace.first_seconds, self._look)

    def stop(self) -> None:
        """It is answered."""
        self._next.cancel()

    def _look(self) -> None:
        content, transport = self._request.content, self._request.transport
        if content.is_eof() or transport is None:
            return
        elapsed = self._loop.time() - self._began
        left = self._pace.left(elapsed=elapsed, received=content.total_bytes)
        if left > 0:
            self._next = self._loop.call_later(max(left, _LOOK_SECONDS), self._look)
            return
        _log.warning("body_too_slow", trace=self._trace, path=told_path(self._request))
        transport.abort()


async def _read(request: web.Request, most: int) -> bytes:
    """The body; what is too large is not read to its end."""
    if (request.content_length or 0) > most:
        raise TooLargeProblem(f"{request.content_length} bytes; at most {most} are taken")
    body = bytearray()
    async for piece in request.content.iter_any():
        body += piece
        if len(body) > most:
            raise TooLargeProblem(f"at most {most} bytes are taken")
    return bytes(body)


def _named(route: Route, handler: Handler) -> Handler:
    async def named(request: web.Request) -> web.StreamResponse:
        return await handler(request)

    named.route_name = route.name  # type: ignore[attr-defined]  # read by `_around`
    named.who = route.who  # type: ignore[attr-defined]  # read by `_around`
    named.shows = route.shows  # type: ignore[attr-defined]  # read by `_told`
    return named
