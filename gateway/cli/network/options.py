"""Options that the commands of the network share, and its configuration."""

import contextlib
import re
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated

import typer

from cloud_bridge.model import LEVELS, Level
from cloud_bridge.network.config import ConfigError, NetworkConfig, load_config
from gateway.cli.terminal import fail, told_errors

DEFAULT_NETWORK = Path("network.yaml")

NetworkOption = Annotated[
    Path,
    typer.Option("--config", "-c", envvar="SEALGATE_NETWORK", help="network.yaml of the network."),
]
ExpiresOption = Annotated[
    str,
    typer.Option("--expires", help="The last day (UTC) on which that counts, such as 2027-12-31."),
]


def network_configuration(path: Path) -> NetworkConfig:
    """Read network.yaml, or say what is wrong with it and leave."""
    if not path.exists():
        raise fail(f"there is no {path}. Run `sealgate network init`, or name yours with --config")
    with told_errors(ConfigError, OSError):
        return load_config(path)


def level_named(word: str) -> Level:
    """A level by its word, or say which there are and leave."""
    for level in LEVELS:
        if level == word:
            return level
    raise fail(f"--level must be one of {', '.join(LEVELS)}")


def moment_named(word: str) -> datetime:
    """The end of a day, UTC, or say how days are written and leave."""
    day = None
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", word):
        with contextlib.suppress(ValueError):
            day = date.fromisoformat(word)
    if day is None:
        raise fail(f"--expires {word!r} is no day of the calendar, written such as 2027-12-31")
    return datetime.combine(day, time(23, 59, 59), tzinfo=UTC)
