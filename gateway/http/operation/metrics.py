"""Counters and times for Prometheus. Names are stable; labels are bounded by configuration."""

from collections import Counter as Counted
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

from gateway.http.operation.vital_signs import VitalSigns

# Without the department: a caller may name it, and every name would be a series for ever.
_USAGE = ("company", "system", "seal", "document_type", "way")
_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)


class Metrics:
    """All of the gateway's metrics, in a registry of their own.

    docs/operations/metrics.md lists them. `vital`: how the gateway is.
    """

    def __init__(self) -> None:
        # When a series began helps nobody here, and would be a series more for each.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self.vital = VitalSigns(self.registry)
        self.requests = self._counter(
            "sealgate_requests_total",
            "Requests by route and outcome (`ok`, or the problem's type).",
            "route",
            "outcome",
        )
        self.seconds = Histogram(
            "sealgate_request_seconds",
            "Time from the first byte of a request to its answer.",
            ("route",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.sealed = self._counter("sealgate_sealed_total", "Documents sealed.", "seal")
        self.usage_seals = self._counter(
            "sealgate_usage_seals_total",
            "Seals that were released, however they were asked for.",
            *_USAGE,
        )
        self.usage_documents = self._counter(
            "sealgate_usage_documents_total",
            "Documents that were released, counted with their last seal.",
            *_USAGE,
        )
        self.under_way = self._gauge("sealgate_requests_under_way", "Requests being answered.")
        self.audit_records = self._gauge("sealgate_audit_records", "Durable records.")
        self.audit_unsigned = self._gauge(
            "sealgate_audit_records_unsigned", "Records that no checkpoint covers yet."
        )
        self.signer_restarts = self._gauge(
            "sealgate_signer_restarts", "How often the signer was restarted."
        )
        self.worker_restarts = self._gauge(
            "sealgate_worker_restarts", "How often a worker was restarted."
        )
        self.second_way = self._counter(
            "sealgate_documents_second_way_total",
            "Documents that pyHanko prepared, because the lean way was in doubt.",
            "doubt",
        )
        self.policies_refused = self._gauge(
            "sealgate_policies_refused",
            "1 while policy files are refused and what was good stays in force.",
        )
        self.policies_sequence = self._gauge(
            "sealgate_policies_sequence",
            "Number of the bundle file in force; 0 while there is none, or with a directory.",
        )
        self.freezes = self._gauge("sealgate_freezes", "Freezes in force.", "kind")
        self.freeze_files_refused = self._gauge(
            "sealgate_freeze_files_refused",
            "Files in the folder `freezes` that freeze or unfreeze nothing, as something is wrong.",
        )
        self.look_age = self._gauge(
            "sealgate_look_age_seconds",
            "Since all that officers put into this directory was last looked through.",
            "what",
        )
        self.jobs = self._gauge(
            "sealgate_jobs",
            "Jobs by kind and state: waiting, paused, leased, dead, cancelled.",
            "kind",
            "state",
        )
        self.job_age = self._gauge(
            "sealgate_job_oldest_waiting_seconds",
            "Since the oldest job that could be claimed was enqueued.",
            "kind",
        )
        self.job_outcomes = self._gauge(
            "sealgate_job_outcomes",
            "What became of jobs since the start: done, retried, given back, buried.",
            "kind",
            "outcome",
        )
        self.jobs_stopped = self._gauge(
            "sealgate_jobs_stopped",
            "1 while no job of the kind is claimed: something is away, or it is paused on purpose.",
            "kind",
            "why",
        )
        self.open_items = self._gauge(
            "sealgate_open_items", "Documents of batches that were accepted and have no result yet."
        )
        self.open_bytes = self._gauge("sealgate_open_bytes", "The bytes of the open items.")
        self.open_used = self._gauge(
            "sealgate_open_used_ratio",
            "How much of what may be open is, documents or bytes: at 1 new ones are refused.",
        )
        self.free_bytes = self._gauge(
            "sealgate_disk_free_bytes", "Free in the state directory at the last look."
        )

        self.deliveries = self._counter(
            "sealgate_deliveries_total",
            "Tries to bring something to a webhook or connector, by what they came to: taken, "
            "later (it is tried again), refused or gone.",
            "receiver",
            "verdict",
        )
        self.webhooks_not_taking = self._gauge(
            "sealgate_webhook_not_taking",
            "1 while a webhook is away or wants nothing more, and what it is owed waits.",
            "webhook",
            "standing",
        )

        self.feed_works = self._gauge(
            "sealgate_feed_works",
            "1 while a connector can be used and the officers agree to it, else 0; the log says "
            "why (feed_away, feed_refused).",
            "connector",
        )
        self.feed_things = self._gauge(
            "sealgate_feed_things",
            "Since the start: documents that a connector brought, results that it was given.",
            "connector",
            "what",
        )

        self.bridge_things = self._gauge(
            "sealgate_bridge_things",
            "Since the start, by company on the network: entries taken in, things sent, things "
            "refused for good.",
            "organisation",
            "what",
        )
        self.bridge_owed = self._gauge(
            "sealgate_bridge_owed", "What is to be sent to the network.", "organisation"
        )
        self.bridge_oldest = self._gauge(
            "sealgate_bridge_oldest_owed_seconds",
            "Since the oldest of what is to be sent was owed.",
            "organisation",
        )
        self.bridge_away = self._gauge(
            "sealgate_bridge_away_seconds",
            "Since the network answers no more; 0 while it does. Sealing goes on without it.",
            "organisation",
        )
        self.bridge_up = self._gauge(
            "sealgate_bridge_up",
            "1 while the network answers, and all that it holds for us was compared.",
            "organisation",
        )
        self.bridge_answered = self._gauge(
            "sealgate_bridge_last_success_timestamp_seconds",
            "When the network last answered as it should, Unix time; 0: not since the start.",
            "organisation",
        )
        self.bridge_lies = self._gauge(
            "sealgate_bridge_lies",
            "Since the start: what the network said and cannot be, by what it was. Above 0, "
            "somebody must look (docs/bridge.md).",
            "organisation",
            "lie",
        )

        # `labels` checks and joins its values each time; the few combinations are kept.
        self._request = cache(self.requests.labels)
        self._seconds = cache(self.seconds.labels)
        self._sealed = cache(self.sealed.labels)
        self._usage = cache(self._usage_of)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(name, text, labels, registry=self.registry)

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

    def count_delivery(self, receiver: str, verdict: str) -> None:
        """Something was tried to be brought; `receiver` is the subject of its jobs."""
        self.deliveries.labels(receiver, verdict).inc()

    def set_webhooks(self, standings: Mapping[str, str]) -> None:
        """How each webhook stands: taking, away or stopped."""
        self.webhooks_not_taking.clear()
        for name, standing in standings.items():
            for each in ("away", "stopped"):
                self.webhooks_not_taking.labels(name, each).set(int(standing == each))

    def set_freezes(self, freezes: Iterable[str]) -> None:
        """What is frozen: the kind of each freeze."""
        self.freezes.clear()
        for kind, count in Counted(freezes).items():
            self.freezes.labels(kind).set(count)

    def set_jobs(self, counts: Iterable[tuple[str, str, int]]) -> None:
        """How many jobs there are: kind, state, number."""
        self.jobs.clear()
        for kind, state, count in counts:
            self.jobs.labels(kind, state).set(count)

    def set_looks(self, **seconds: float) -> None:
        """How long ago each directory was last looked through."""
        for what, age in seconds.items():
            self.look_age.labels(what).set(age)

    def set_feed(self, connector: str, *, works: bool, taken: int, delivered: int) -> None:
        """How a connector is doing."""
        self.feed_works.labels(connector).set(works)
        self.feed_things.labels(connector, "taken").set(taken)
        self.feed_things.labels(connector, "delivered").set(delivered)

    def set_bridge(
        self,
        organisation: str,
        *,
        entries: int,
        sent: int,
        refused: int,
        owed: int,
        oldest_seconds: float,
        away_seconds: float,
        is_up: bool,
        answered_at: datetime | None,
        lies: Mapping[str, int],
    ) -> None:
        """How a company's bridge is doing."""
        for what, count in (("entries", entries), ("sent", sent), ("refused", refused)):
            self.bridge_things.labels(organisation, what).set(count)
        self.bridge_owed.labels(organisation).set(owed)
        self.bridge_oldest.labels(organisation).set(oldest_seconds)
        self.bridge_away.labels(organisation).set(away_seconds)
        self.bridge_up.labels(organisation).set(is_up)
        answered = 0.0 if answered_at is None else answered_at.timestamp()
        self.bridge_answered.labels(organisation).set(answered)
        for lie, count in lies.items():
            self.bridge_lies.labels(organisation, lie).set(count)

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self.registry)
