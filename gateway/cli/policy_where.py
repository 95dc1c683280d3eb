"""Where the `policy` commands look: the officers' directory, and the gateway's history."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import OperationalError

from gateway.cli.shared import configuration, fail
from gateway.desk.policy_files import NothingToReadError
from gateway.history.reading import DecisionReader
from gateway.store.database import open_reader

DirectoryArgument = Annotated[
    Path | None,
    typer.Argument(help="Directory of policies; by default the one that config.yaml names."),
]
DirectoryOption = Annotated[
    Path | None,
    typer.Option("--directory", "-d", help="Directory of policies; by default config.yaml's."),
]
JSONOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def policies_in(directory: Path | None, config: Path) -> Path:
    """The directory that was named, or else the gateway's.

    Raises:
        typer.Exit: the gateway takes bundle files, and none was named.
    """
    named = directory if directory is not None else configuration(config).policies.directory
    if named is None:
        raise fail(f"{config} names bundle files: name the directory that the next is built from")
    return named


@contextmanager
def decisions(config: Path) -> Iterator[DecisionReader]:
    """The history of the installation; it may run meanwhile.

    Raises:
        NothingToReadError: there is no database yet, or none that can be read.
    """
    database = configuration(config).database
    if not database.exists():
        raise NothingToReadError(f"there is no {database}: nothing was decided yet")
    engine = open_reader(database)
    try:
        yield DecisionReader(engine)
    except OperationalError as error:
        raise NothingToReadError(
            f"{database} cannot be read: {error.orig}; if another version wrote it, start the "
            "gateway once"
        ) from error
    finally:
        engine.dispose()
