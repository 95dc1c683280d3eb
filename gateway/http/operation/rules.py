"""What officers have put into force, and what of it was refused."""

from collections import Counter as Counted
from collections.abc import Iterable

from gateway.http.operation.families import Families


class Rules:
    """Part of `gateway.http.operation.metrics.Metrics`, in the same registry."""

    def __init__(self, families: Families) -> None:
        self.policies_refused = families.gauge(
            "sealgate_policies_refused",
            "1 while policy files are refused and what was good stays in force.",
        )
        self.policies_sequence = families.gauge(
            "sealgate_policies_sequence",
            "Number of the bundle file in force; 0 while there is none, or with a directory.",
        )
        self.freezes = families.gauge("sealgate_freezes", "Freezes in force.", "kind")
        self.freeze_files_refused = families.gauge(
            "sealgate_freeze_files_refused",
            "Files in the folder `freezes` that freeze or unfreeze nothing, as something is wrong.",
        )
        self.look_age = families.gauge(
            "sealgate_look_age_seconds",
            "Since all that officers put into this directory was last looked through.",
            "what",
        )

    def set_freezes(self, freezes: Iterable[str]) -> None:
        """What is frozen: the kind of each freeze."""
        self.freezes.clear()
        for kind, count in Counted(freezes).items():
            self.freezes.labels(kind).set(count)

    def set_looks(self, **seconds: float) -> None:
        """How long ago each directory was last looked through."""
        for what, age in seconds.items():
            self.look_age.labels(what).set(age)
