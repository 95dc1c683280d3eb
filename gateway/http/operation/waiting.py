"""What waits to be done: jobs, documents of batches, and the room that there is for more."""

from collections.abc import Iterable

from gateway.http.operation.families import Families


class Waiting:
    """Part of `gateway.http.operation.metrics.Metrics`, in the same registry."""

    def __init__(self, families: Families) -> None:
        self.jobs = families.gauge(
            "sealgate_jobs",
            "Jobs by kind and state: waiting, paused, leased, dead, cancelled.",
            "kind",
            "state",
        )
        self.job_age = families.gauge(
            "sealgate_job_oldest_waiting_seconds",
            "Since the oldest job that could be claimed was enqueued.",
            "kind",
        )
        self.job_outcomes = families.gauge(
            "sealgate_job_outcomes",
            "What became of jobs since the start: done, retried, given back, buried.",
            "kind",
            "outcome",
        )
        self.jobs_stopped = families.gauge(
            "sealgate_jobs_stopped",
            "1 while no job of the kind is claimed: something is away, or it is paused on purpose.",
            "kind",
            "why",
        )
        self.open_items = families.gauge(
            "sealgate_open_items", "Documents of batches that were accepted and have no result yet."
        )
        self.open_bytes = families.gauge("sealgate_open_bytes", "The bytes of the open items.")
        self.open_used = families.gauge(
            "sealgate_open_used_ratio",
            "How much of what may be open is, documents or bytes: at 1 new ones are refused.",
        )
        self.free_bytes = families.gauge(
            "sealgate_disk_free_bytes", "Free in the state directory at the last look."
        )

    def set_jobs(self, counts: Iterable[tuple[str, str, int]]) -> None:
        """How many jobs there are: kind, state, number."""
        self.jobs.clear()
        for kind, state, count in counts:
            self.jobs.labels(kind, state).set(count)
