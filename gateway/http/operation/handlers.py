"""What those who run the gateway ask it, unauthenticated: does it run, could it seal, how much."""

from collections.abc import Callable
from typing import Any

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from gateway.http import answers
from gateway.http.describing import json_of
from gateway.http.operation.metrics import Metrics
from gateway.http.operation.readiness import Readiness
from gateway.http.routes import Route


class Operation:
    """The handlers, and what they tell."""

    def __init__(
        self,
        *,
        readiness: Readiness,
        metrics: Metrics,
        gauges: Callable[[Metrics], None],
        description: Callable[[], dict[str, Any]],
        policies: Callable[[], dict[str, Any]],
    ) -> None:
        self._readiness = readiness
        self._metrics = metrics
        self._gauges = gauges
        self._description = description
        self._policies = policies

    def routes(self) -> tuple[Route, ...]:
        """What this file answers."""
        return (
            Route("GET", "/healthz", "healthz", None, self.healthz),
            Route("GET", "/readyz", "readyz", None, self.readyz),
            Route("GET", "/metrics", "metrics", None, self.metrics),
            Route("GET", "/openapi.json", "openapi", None, self.openapi),
        )

    async def healthz(self, _request: web.Request) -> web.StreamResponse:
        """GET /healthz: the process runs."""
        return answers.plain_json({"status": "running"})

    async def readyz(self, _request: web.Request) -> web.StreamResponse:
        """GET /readyz: the gateway could seal now; the token has just signed."""
        failures = await self._readiness.failures()
        in_force = self._policies()
        if failures:
            told = {"status": "not ready", "failures": failures, **in_force}
            return answers.plain_json(told, status=503)
        return answers.plain_json({"status": "ready", **in_force})

    async def metrics(self, _request: web.Request) -> web.StreamResponse:
        """GET /metrics: for Prometheus."""
        self._gauges(self._metrics)
        return web.Response(
            body=self._metrics.text(), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )

    async def openapi(self, _request: web.Request) -> web.StreamResponse:
        """GET /openapi.json: this API, described."""
        return answers.plain_json(self._description())


def openapi_paths() -> dict[str, Any]:
    """What this file answers, described."""
    anything = json_of({"type": "object"})
    text = {"text/plain": {"schema": {"type": "string"}}}
    return {
        "/healthz": {"get": _get("healthz", "The process runs", anything)},
        "/readyz": {"get": _get("readyz", "The gateway could seal now", anything, "503")},
        "/metrics": {"get": _get("metrics", "Metrics for Prometheus", text)},
        "/openapi.json": {"get": _get("openapi", "This description", anything)},
    }


def openapi_schemas() -> dict[str, Any]:
    """None: these answers are for people and Prometheus."""
    return {}


def _get(
    operation: str, summary: str, content: dict[str, Any], *further_statuses: str
) -> dict[str, Any]:
    return {
        "operationId": operation,
        "summary": summary,
        "security": [],
        "responses": {
            status: {"description": summary, "content": content}
            for status in ("200", *further_statuses)
        },
    }
