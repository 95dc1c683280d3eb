"""Counters and times for Prometheus. Names are stable; labels are bounded by configuration."""

from collections import Counter as Counted
from collections.abc import Iterable, Sequence
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_USAGE = ("company", "department", "system", "seal", "document_type", "way")
_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)


class Metrics:
    """All of the gateway's metrics, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "sealgate_requests_total",
            "Requests by route and outcome (`ok`, or the problem's type).",
            ("route", "outcome"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "sealgate_request_seconds",
            "Time from the first byte of a request to its answer.",
            ("route",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.sealed = Counter(
            "sealgate_sealed_total", "Documents sealed.", ("seal",), registry=self.registry
        )
        self.usage_seals = Counter(
            "sealgate_usage_seals_total",
            "Seals that were released, however they were asked for.",
            _USAGE,
            registry=self.registry,
        )
        self.usage_documents = Counter(
            "sealgate_usage_documents_total",
            "Documents that were released, counted with their last seal.",
            _USAGE,
            registry=self.registry,
        )
        self.under_way = Gauge(
            "sealgate_requests_under_way", "Requests being answered.", registry=self.registry
        )
        self.audit_records = Gauge(
            "sealgate_audit_records", "Durable records.", registry=self.registry
        )
        self.audit_unsigned = Gauge(
            "sealgate_audit_records_unsigned",
            "Records that no checkpoint covers yet.",
            registry=self.registry,
        )
        self.signer_restarts = Gauge(
            "sealgate_signer_restarts",
            "How often the signer was restarted.",
            registry=self.registry,
        )
        self.worker_restarts = Gauge(
            "sealgate_worker_restarts", "How often a worker was restarted.", registry=self.registry
        )
        self.second_way = Counter(
            "sealgate_documents_second_way_total",
            "Documents that pyHanko prepared, because the lean way was in doubt.",
            ("doubt",),
            registry=self.registry,
        )
        self.policies_refused = Gauge(
            "sealgate_policies_refused",
            "1 while policy files are refused and what was good stays in force.",
            registry=self.registry,
        )
        self.policies_sequence = Gauge(
            "sealgate_policies_sequence",
            "Number of the bundle file in force; 0 while there is none, or with a directory.",
            registry=self.registry,
        )
        self.freezes = Gauge(
            "sealgate_freezes", "Freezes in force.", ("kind",), registry=self.registry
        )
        self.freeze_files_refused = Gauge(
            "sealgate_freeze_files_refused",
            "Files in the folder `freezes` that freeze or unfreeze nothing, as something is wrong.",
            registry=self.registry,
        )
        self.look_age = Gauge(
            "sealgate_look_age_seconds",
            "Since all that officers put into this directory was last looked through.",
            ("what",),
            registry=self.registry,
        )

        self.feed_works = Gauge(
            "sealgate_feed_works",
            "1 while a connector can be used and the officers agree to it, else 0; the log says "
            "why (feed_away, feed_refused).",
            ("connector",),
            registry=self.registry,
        )
        self.feed_things = Gauge(
            "sealgate_feed_things",
            "Since the start: documents that a connector brought, results that it was given.",
            ("connector", "what"),
            registry=self.registry,
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

    def set_freezes(self, freezes: Iterable[str]) -> None:
        """What is frozen: the kind of each freeze."""
        self.freezes.clear()
        for kind, count in Counted(freezes).items():
            self.freezes.labels(kind).set(count)

    def set_looks(self, **seconds: float) -> None:
        """How long ago each directory was last looked through."""
        for what, age in seconds.items():
            self.look_age.labels(what).set(age)

    def set_feed(self, connector: str, *, works: bool, taken: int, delivered: int) -> None:
        """How a connector is doing."""
        self.feed_works.labels(connector).set(works)
        self.feed_things.labels(connector, "taken").set(taken)
        self.feed_things.labels(connector, "delivered").set(delivered)

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self.registry)
