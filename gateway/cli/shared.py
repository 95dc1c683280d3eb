"""What the commands have in common: where the configuration is, and how an error is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from gateway.config import Config, load_config
from strictyaml import MistakesError

DEFAULT_CONFIG = Path("var/config.yaml")

ConfigOption = Annotated[
    Path,
    typer.Option(
        "--config", "-c", envvar="SEALGATE_CONFIG", help="config.yaml of the installation."
    ),
]

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def new_app() -> typer.Typer:
    """`sealgate` without commands."""
    return typer.Typer(
        name="sealgate",
        help="Sealgate: seals documents with keys in your HSM, as your policies allow.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def fail(message: str, *, code: int = 2) -> typer.Exit:
    """Say what is wrong on standard error; raise what this gives."""
    err.print("[bold red]error[/]", end=" ")
    # A path may hold brackets, which are no markup.
    err.print(message, markup=False, soft_wrap=True)
    return typer.Exit(code)


@contextmanager
def told_errors(*kinds: type[Exception], code: int = 2) -> Iterator[None]:
    """Turn expected errors into one line and an exit code."""
    try:
        yield
    except kinds as error:
        err.print("[bold red]error[/]", end=" ")
        err.print(str(error), markup=False, soft_wrap=True)
        raise typer.Exit(code) from error


def configuration(path: Path) -> Config:
    """Read config.yaml, or say what is wrong with it and leave."""
    if not path.exists():
        raise fail(
            f"there is no {path}. Run `sealgate init` for a trial installation in ./var, or name "
            "yours with --config"
        )
    with told_errors(MistakesError, OSError):
        return load_config(path)
