"""The aiohttp application: routes, and what happens around every one of them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import msgspec
import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from gateway.clock import Clock
from gateway.errors import InternalProblem, Problem
from gateway.http import answers
from gateway.http.authentication import Authenticated, Authenticator
from gateway.http.errors import (
    MethodNotAllowedProblem,
    NotFoundProblem,
    OverloadedProblem,
)
from gateway.http.intake import Submission, idempotency_key, read_body, read_submission
from gateway.http.metrics import Metrics
from gateway.http.openapi import openapi
from gateway.http.readiness import Readiness
from gateway.randomness import random_bytes
from gateway.signing.archive import Archive
from gateway.signing.model import SigningRequest
from gateway.signing.service import SigningService

_MOST_BYTES_AT_ONCE = 1024**3
# Up to here hashing is quicker than handing it to a thread and back.
_BESIDE_THE_LOOP_BYTES = 512 * 1024

TRACE = web.RequestKey("trace", str)
TOLD = web.RequestKey("told", dict[str, object])
"""What a handler adds to the request's line in the log."""

_log = structlog.get_logger("http")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class API:
    """The handlers, and what they need."""

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
    ) -> None:
        self._signing = signing
        self._archive = archive
        self._authenticator = authenticator
        self._readiness = readiness
        self._metrics = metrics
        self._gauges = gauges
        self._clock = clock
        self._max_document_bytes = max_document_bytes
        self._max_requests = max_requests_at_once
        self._under_way = 0
        self._bytes_under_way = 0

    def application(self) -> web.Application:
        """The application, ready to be served."""
        app = web.Application(middlewares=[self._around])
        app.router.add_post("/v1/seals/{seal}/documents", self.seal, name="seal")
        app.router.add_get("/v1/documents/{id}", self.document, name="document")
        app.router.add_get("/v1/documents/{id}/content", self.content, name="content")
        app.router.add_get("/v1/documents/{id}/decision", self.decision, name="decision")
        app.router.add_get("/healthz", self.healthz, name="healthz")
        app.router.add_get("/readyz", self.readyz, name="readyz")
        app.router.add_get("/metrics", self.metrics, name="metrics")
        app.router.add_get("/openapi.json", self.openapi, name="openapi")
        return app

    async def seal(self, request: web.Request) -> web.StreamResponse:
        """POST /v1/seals/{seal}/documents: seal one document."""
        if self._under_way > self._max_requests:
            raise OverloadedProblem(f"{self._max_requests} requests are under way")
        who = self._authenticator.authenticate(request)
        key = idempotency_key(request)
        with self._room_for(request.content_length or self._max_document_bytes):
            submission = await self._submission(request, who)
            return await self._seal(request, who, key, submission)

    async def _submission(self, request: web.Request, who: Authenticated) -> Submission:
        """What the body says. The body itself is not kept: it may be large."""
        body = await read_body(request, max_document_bytes=self._max_document_bytes)
        if len(body) <= _BESIDE_THE_LOOP_BYTES:
            who.check_body(body)
        else:
            await asyncio.to_thread(who.check_body, body)
        return read_submission(
            request.headers.get("Content-Type", ""),
            body,
            max_document_bytes=self._max_document_bytes,
        )

    async def _seal(
        self, request: web.Request, who: Authenticated, key: str, submission: Submission
    ) -> web.StreamResponse:
        first = submission.request.seal_request(caller=who.caller, seal=request.match_info["seal"])
        sealed = await self._signing.seal(
            SigningRequest(
                seal_request=first,
                idempotency_key=key,
                trace_id=request[TRACE],
                nonce=who.nonce,
                further=submission.request.further_requests(first),
            ),
            submission.document,
        )
        told: dict[str, object] = {
            "document": sealed.row.id,
            "system": sealed.row.system,
            "seal": sealed.row.seal,
            "audit_intent": sealed.row.intent_index,
            "audit_outcome": sealed.row.outcome_index,
            "repeated": sealed.repeated,
        }
        if sealed.parts:
            told["seals"] = [part.seal for part in sealed.parts]
        request[TOLD] = told
        if not sealed.repeated:
            for row in sealed.parts or (sealed.row,):
                self._metrics.count_sealed(row.seal)
        if "application/json" in request.headers.get("Accept", ""):
            return answers.json_response(sealed)
        return answers.pdf_response(sealed)

    async def document(self, request: web.Request) -> web.StreamResponse:
        """GET /v1/documents/{id}: its metadata."""
        row = await self._archive.row(request.match_info["id"], self._who(request).caller)
        return _json(answers.metadata(row, await self._archive.parts(row)))

    async def content(self, request: web.Request) -> web.StreamResponse:
        """GET /v1/documents/{id}/content: the sealed PDF."""
        caller = self._who(request).caller
        return answers.pdf_response(await self._archive.sealed(request.match_info["id"], caller))

    async def decision(self, request: web.Request) -> web.StreamResponse:
        """GET /v1/documents/{id}/decision: why it was allowed."""
        row = await self._archive.row(request.match_info["id"], self._who(request).caller)
        return _json(answers.decision(row, await self._archive.parts(row)))

    async def healthz(self, _request: web.Request) -> web.StreamResponse:
        """GET /healthz: the process runs."""
        return _json({"status": "running"})

    async def readyz(self, _request: web.Request) -> web.StreamResponse:
        """GET /readyz: the gateway could seal now; the token has just signed."""
        failures = await self._readiness.failures()
        if failures:
            return _json({"status": "not ready", "failures": failures}, status=503)
        return _json({"status": "ready"})

    async def metrics(self, _request: web.Request) -> web.StreamResponse:
        """GET /metrics: for Prometheus."""
        self._gauges(self._metrics)
        return web.Response(
            body=self._metrics.text(), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )

    async def openapi(self, _request: web.Request) -> web.StreamResponse:
        """GET /openapi.json: this API, described."""
        return _json(openapi())

    @contextmanager
    def _room_for(self, length: int) -> Iterator[None]:
        """Bound the bodies that are in memory together, whatever the number of requests."""
        if self._bytes_under_way and self._bytes_under_way + length > _MOST_BYTES_AT_ONCE:
            raise OverloadedProblem(f"{self._bytes_under_way} bytes of documents are under way")
        self._bytes_under_way += length
        try:
            yield
        finally:
            self._bytes_under_way -= length

    def _who(self, request: web.Request) -> Authenticated:
        return self._authenticator.authenticate(request)

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


def _json(body: object, *, status: int = 200) -> web.Response:
    return web.Response(
        status=status, body=msgspec.json.encode(body), content_type="application/json"
    )
