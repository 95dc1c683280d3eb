"""Counters and times for Prometheus. Names are stable; labels are bounded by configuration."""

from collections.abc import Sequence
from functools import cache

from prometheus_client import (
    CollectorRegistry,
    Counter,
    disable_created_metrics,
    generate_latest,
)

from gateway.http.operation.families import Families
from gateway.http.operation.outside import Outside
from gateway.http.operation.rules import Rules
from gateway.http.operation.vital_signs import VitalSigns
from gateway.http.operation.waiting import Waiting

# Without the department: a caller may name it, and every name would be a series for ever.
_USAGE = ("company", "system", "seal", "document_type", "way")
_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)


class Metrics:
    """All of the gateway's metrics, in a registry of their own.

    docs/operations/metrics.md lists them. What is counted of requests and documents is here;
    `vital` is how the gateway is, `rules` what officers put into force, `waiting` what waits to be
    done, `outside` how receivers, connectors and the network do.
    """

    def __init__(self) -> None:
        # When a series began helps nobody here, and would be a series more for each.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        families = Families(self.registry)
        self.vital = VitalSigns(families)
        self.rules = Rules(families)
        self.waiting = Waiting(families)
        self.outside = Outside(families)
        self.requests = families.counter(
            "sealgate_requests_total",
            "Requests by route and outcome (`ok`, or the problem's type).",
            "route",
            "outcome",
        )
        self.seconds = families.seconds(
            "sealgate_request_seconds",
            "Time from the first byte of a request to its answer.",
            "route",
            buckets=_SECONDS,
        )
        self.sealed = families.counter("sealgate_sealed_total", "Documents sealed.", "seal")
        self.usage_seals = families.counter(
            "sealgate_usage_seals_total",
            "Seals that were released, however they were asked for.",
            *_USAGE,
        )
        self.usage_documents = families.counter(
            "sealgate_usage_documents_total",
            "Documents that were released, counted with their last seal.",
            *_USAGE,
        )
        self.under_way = families.gauge("sealgate_requests_under_way", "Requests being answered.")
        self.audit_records = families.gauge("sealgate_audit_records", "Durable records.")
        self.audit_unsigned = families.gauge(
            "sealgate_audit_records_unsigned", "Records that no checkpoint covers yet."
        )
        self.signer_restarts = families.gauge(
            "sealgate_signer_restarts", "How often the signer was restarted."
        )
        self.worker_restarts = families.gauge(
            "sealgate_worker_restarts", "How often a worker was restarted."
        )
        self.second_way = families.counter(
            "sealgate_documents_second_way_total",
            "Documents that pyHanko prepared, because the lean way was in doubt.",
            "doubt",
        )

        # `labels` checks and joins its values each time; the few combinations are kept.
        self._request = cache(self.requests.labels)
        self._seconds = cache(self.seconds.labels)
        self._sealed = cache(self.sealed.labels)
        self._usage = cache(self._usage_of)

    def count_request(self, route: str, outcome: str, seconds: float) -> None:
        """A request was answered."""
        self._request(route, outcome).inc()
        self._seconds(route).observe(seconds)

    def count_sealed(self, seal: str) -> None:
        """A document was sealed, for the first time."""
        self._sealed(seal).inc()

    def count_usage(self, counted: Sequence[tuple[str, ...]], documents: Sequence[int]) -> None:
        """Seals were released: labels of `sealgate_usage_…`, and of each how many documents."""
        for labels, count in zip(counted, documents, strict=True):
            seals, whole = self._usage(*labels)
            seals.inc()
            whole.inc(count)

    def _usage_of(self, *labels: str) -> tuple[Counter, Counter]:
        return self.usage_seals.labels(*labels), self.usage_documents.labels(*labels)

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self.registry)
