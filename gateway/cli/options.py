"""Options that many commands take: where the configuration is, and the configuration itself."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.terminal import fail, told_errors
from gateway.config import Config, load_config
from strictyaml import MistakesError

DEFAULT_CONFIG = Path("var/config.yaml")
CLIENT_KEY_ID = "tms-2026"
"""The key of a trial installation's calling system."""

ConfigOption = Annotated[
    Path,
    typer.Option(
        "--config", "-c", envvar="SEALGATE_CONFIG", help="config.yaml of the installation."
    ),
]

JSONOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def configuration(path: Path) -> Config:
    """Read config.yaml, or say what is wrong with it and leave."""
    if not path.exists():
        raise fail(
            f"there is no {path}. Run `sealgate init` for a trial installation in ./var, or name "
            "yours with --config"
        )
    with told_errors(MistakesError, OSError):
        return load_config(path)
