"""Makes metrics by their names: each family once, all of them in one registry."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Families:
    """Families of metrics, such as `sealgate_jobs`, in a registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def counter(self, name: str, text: str, *labels: str) -> Counter:
        """What only grows, since the start."""
        return Counter(name, text, labels, registry=self._registry)

    def gauge(self, name: str, text: str, *labels: str) -> Gauge:
        """What is, at the last look."""
        return Gauge(name, text, labels, registry=self._registry)

    def seconds(self, name: str, text: str, *labels: str, buckets: tuple[float, ...]) -> Histogram:
        """How long something took, by upper bounds in seconds."""
        return Histogram(name, text, labels, buckets=buckets, registry=self._registry)
