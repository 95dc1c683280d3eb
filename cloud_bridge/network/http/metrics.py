"""What the network counts, for Prometheus. Nothing of it names an organisation."""

from importlib.metadata import distributions

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)


def program_version() -> str:
    """Which version runs; a checkout that is not installed, or cannot be read, has none."""
    found = (each.version for each in distributions(name="sealgate"))
    return next(filter(None, found), "0+checkout")


class Metrics:
    """One registry a process; docs/operations/metrics.md lists what is in it."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # as the gateway's
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
        self.build_info = Gauge(
            "sealgate_network_build_info",
            "Always 1; the label says which version runs.",
            ["version"],
            registry=registry,
        )
        self.build_info.labels(program_version()).set(1)
        self.certificate_days = Gauge(
            "sealgate_network_certificate_days_left",
            "Until a certificate expires that the network read at its start; below 0 it has.",
            ["certificate"],
            registry=registry,
        )
        self.disk_free = Gauge(
            "sealgate_network_disk_free_bytes", "Free in the state directory.", registry=registry
        )
        self.disk_used = Gauge(
            "sealgate_network_disk_used_ratio",
            "How full its file system is, from 0 to 1, as df reckons it.",
            registry=registry,
        )
