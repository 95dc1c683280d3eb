"""Where the `policy` commands look: a directory, a bundle file, or what is in force."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.options import configuration

PoliciesArgument = Annotated[
    Path | None,
    typer.Argument(help="Directory of policies, or bundle file; by default what is in force."),
]
PoliciesOption = Annotated[
    Path | None,
    typer.Option(
        *("--directory", "-d"),
        help="Directory of policies, or bundle file; by default what is in force.",
    ),
]


def policies_in(named: Path | None, config: Path) -> Path:
    """The directory or bundle file that was named, or else the one that is in force.

    Raises:
        NothingToReadError: none was named, and nothing was ever in force.
        typer.Exit: there is no good config.yaml, or what is on record cannot be read.
    """
    if named is not None:
        return named
    settings = configuration(config)
    if settings.policies.directory is not None:
        return settings.policies.directory
    from gateway.cli.policy.bundles_here import file_in_force  # noqa: PLC0415 - brings a database

    return file_in_force(settings)
