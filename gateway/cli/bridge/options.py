"""The bridge of a configuration, or what to do when it has none."""

from pathlib import Path

from gateway.cli.options import configuration
from gateway.cli.terminal import fail
from gateway.config import BridgeConfig


def bridge_of(path: Path) -> BridgeConfig:
    """The section `bridge`, or say that there is none and leave."""
    bridge = configuration(path).bridge
    if bridge is None:
        raise fail(
            f"{path} has no section `bridge`: config.example.yaml and docs/bridge.md show it"
        )
    return bridge
