"""The aiohttp application: routes, and what happens around every one of them."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import structlog
from aiohttp import web

from gateway.clock import Clock
from gateway.errors import InternalProblem, Problem
from gateway.http import answers
from gateway.http.callers.authentication import Authenticator
from gateway.http.documents.handlers import Documents
from gateway.http.documents.sealing import Sealing
from gateway.http.errors import (
    MalformedRequestProblem,
    MethodNotAllowedProblem,
    NotFoundProblem,
    OverloadedProblem,
)
from gateway.http.openapi import openapi
from gateway.http.operation.handlers import Operation
from gateway.http.operation.metrics import Metrics
from gateway.http.operation.readiness import Readiness
from gateway.http.routes import TOLD, TRACE, WHO, Handler, Route
from gateway.randomness import random_bytes
from gateway.signing.archive import Archive
from gateway.signing.service import SigningService

_NUL: Final = "%00"

_log = structlog.get_logger("http")


class API:
    """All routes, its own and `further` ones, behind one door.

    `policies` tells what readiness says besides: which bundle is in force, and how tokens stand.

    Attributes:
        routes: all of them.
        callers: how many wait for an answer that takes work: requests on bounded routes.
    """

    def __init__(
        self,
        *,
        signing: SigningService,
        archive: Archive,
        authenticator: Authenticator,
        readiness: Readiness,
        metrics: Metrics,
        gauges: Callable[[Metrics], None],
        clock: Clock,
        max_document_bytes: int,
        max_requests_at_once: int,
        policies: Callable[[], dict[str, Any]] = dict,
        further: Sequence[Route] = (),
    ) -> None:
        sealing = Sealing(signing=signing, metrics=metrics, max_document_bytes=max_document_bytes)
        operation = Operation(
            readiness=readiness,
            metrics=metrics,
            gauges=gauges,
            description=openapi,
            policies=policies,
        )
        self.routes = (
            *sealing.routes(),
            *Documents(archive).routes(),
            *operation.routes(),
            *further,
        )
        self.readiness = readiness
        self._authenticator = authenticator
        self._metrics = metrics
        self._clock = clock
        self._max_requests = max_requests_at_once
        self._under_way = 0
        self.callers = 0

    def application(self) -> web.Application:
        """The application, ready to be served."""
        app = web.Application(middlewares=[self._around])
        for route in self.routes:
            resource = app.router.add_resource(route.path, name=route.name)
            # A client may ask for the headers of all that it may get.
            for method in ("GET", "HEAD") if route.method == "GET" else (route.method,):
                resource.add_route(method, self._behind(route))
        return app

    def _behind(self, route: Route) -> Handler:
        """The route's handler, for whom the route is for."""

        async def let_in(request: web.Request) -> web.StreamResponse:
            if route.bounded and self._under_way > self._max_requests:
                raise OverloadedProblem(f"{self._max_requests} requests are under way")
            if route.action is not None:
                request[WHO] = self._authenticator.let_in(request, route.action)
            self.callers += route.bounded
            try:
                return await route.handler(request)
            finally:
                self.callers -= route.bounded

        return let_in

    @web.middleware
    async def _around(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Around every request: trace id, problems as answers, log line and metrics."""
        request[TRACE] = trace_id = random_bytes(16).hex()
        started = self._clock.monotonic()
        route = request.match_info.route.name or "none"
        self._under_way += 1
        self._metrics.under_way.inc()
        try:
            response, outcome = await self._answer(request, handler, trace_id)
        finally:
            self._under_way -= 1
            self._metrics.under_way.dec()
        seconds = self._clock.monotonic() - started
        self._metrics.count_request(route, outcome, seconds)
        response.headers["Sealgate-Trace"] = trace_id
        _log.info(
            "request",
            trace=trace_id,
            method=request.method,
            path=request.path,
            status=response.status,
            outcome=outcome,
            milliseconds=round(seconds * 1000, 1),
            **request.get(TOLD, {}),
        )
        return response

    async def _answer(
        self, request: web.Request, handler: Handler, trace_id: str
    ) -> tuple[web.StreamResponse, str]:
        try:
            _refuse_nul(request)
            return await handler(request), "ok"
        except Problem as problem:
            tell = _log.error if problem.owner == "it" else _log.info
            tell("refused", trace=trace_id, problem=problem.type, detail=problem.detail)
            told = problem
        except web.HTTPMethodNotAllowed as error:
            told = MethodNotAllowedProblem(f"{request.method} {request.path}: {error.reason}")
        except web.HTTPException as error:
            told = NotFoundProblem(f"{request.method} {request.path}: {error.reason}")
        except Exception:  # noqa: BLE001 - whatever else: a defect of ours
            _log.exception("defect", trace=trace_id, path=request.path)
            told = InternalProblem("the gateway's log has the details under this trace id")
        return answers.problem_response(told, trace_id=trace_id), told.type


def _refuse_nul(request: web.Request) -> None:
    # PostgreSQL takes none in a text, whatever is asked for by it.
    if _NUL in request.raw_path:
        raise MalformedRequestProblem("there is a NUL in the address, and in no name of anything")
