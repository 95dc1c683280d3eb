"""How the network is: health, metrics, and its description as OpenAPI 3.1."""

from collections.abc import Callable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from cloud_bridge.network.http.metrics import Metrics
from cloud_bridge.network.http.routes import Route


class Operation:
    """For who runs the network, and for programs that read descriptions."""

    def __init__(
        self,
        *,
        metrics: Metrics,
        gauges: Callable[[Metrics], None],
        description: Callable[[], bytes],
    ) -> None:
        self._metrics = metrics
        self._gauges = gauges
        self._description = description

    def routes(self) -> tuple[Route, ...]:
        """See `Route`."""
        return (
            Route("GET", "/healthz", self._health, "healthz", who="anyone"),
            Route("GET", "/metrics", self._counted, "metrics", who="anyone"),
            Route("GET", "/openapi.json", self._described, "openapi", who="anyone"),
        )

    async def _health(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _counted(self, _request: web.Request) -> web.Response:
        self._gauges(self._metrics)
        return web.Response(
            body=generate_latest(self._metrics.registry),
            headers={"Content-Type": CONTENT_TYPE_LATEST},
        )

    async def _described(self, _request: web.Request) -> web.Response:
        return web.Response(body=self._description(), content_type="application/json")
