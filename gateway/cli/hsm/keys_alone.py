"""One key of the configuration, so that a command touches no other."""

from gateway.cli.terminal import fail
from hsm.config import HSMConfig, KeyConfig


def key_alone(hsm: HSMConfig, key: str) -> HSMConfig:
    """The section with this seal key only.

    Leaves with 2 when there is no such key, or it is retired.
    """
    seals = [each for each in hsm.in_use.keys if each.purpose == "seal"]
    for each in seals:
        if each.id == key:
            return alone(hsm, each)
    known = ", ".join(each.id for each in seals) or "none"
    raise fail(f"no seal key {key!r} is in use under hsm.keys (there are: {known})")


def alone(hsm: HSMConfig, key: KeyConfig) -> HSMConfig:
    """The section with this key only, on the first token, with one session."""
    only = {"keys": (key,), "sessions": 1, "self_test_seconds": 0.0, "replicas": None}
    return hsm.model_copy(update=only)
