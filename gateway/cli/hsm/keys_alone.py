"""One key of the configuration, so that a command touches no other."""

from gateway.cli.terminal import fail
from hsm.config import HSMConfig


def key_alone(hsm: HSMConfig, key: str) -> HSMConfig:
    """The section with this seal key only, on the first token, with one session.

    Leaves with 2 when there is no such key.
    """
    found = [each for each in hsm.keys if each.id == key]
    if not found or found[0].purpose != "seal":
        known = ", ".join(each.id for each in hsm.keys if each.purpose == "seal") or "none"
        raise fail(f"no seal key {key!r} is under hsm.keys (there are: {known})")
    alone = {"keys": (found[0],), "sessions": 1, "self_test_seconds": 0.0, "replicas": None}
    return hsm.model_copy(update=alone)
