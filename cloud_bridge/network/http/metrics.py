"""What the network counts, for Prometheus. Nothing of it names an organisation."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Metrics:
    """One registry a process."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.requests = Counter(
            "sealgate_network_requests",
            "Requests, by route and outcome (ok, or the problem's type).",
            ["route", "outcome"],
            registry=registry,
        )
        self.seconds = Histogram(
            "sealgate_network_request_seconds",
            "How long requests took, by route; the feed waits by design.",
            ["route"],
            registry=registry,
        )
        self.entries = Counter(
            "sealgate_network_entries",
            "Entries that became durable, by act.",
            ["act"],
            registry=registry,
        )
        self.commits = Gauge(
            "sealgate_network_commits", "Transactions of this process.", registry=registry
        )
        self.waiting = Gauge(
            "sealgate_network_waiting_organisations",
            "Organisations that wait for their feed.",
            registry=registry,
        )
