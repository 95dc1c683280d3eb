"""Where the `policy` commands look: a directory, a bundle file, what is in force, and history."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from gateway.bundles.copies import BundleCopies
from gateway.bundles.errors import BundleFileError
from gateway.cli.options import configuration
from gateway.cli.policy.bundles_here import in_force_here
from gateway.cli.terminal import told_errors
from gateway.desk.policy_files import NothingToReadError
from gateway.history.reading import DecisionReader
from gateway.store.database import open_reader

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
JSONOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


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
    with told_errors(SQLAlchemyError, BundleFileError):
        standing = in_force_here(settings).standing
    if standing is None:
        raise NothingToReadError(
            "no bundle was ever in force here: name a directory or a bundle file, or start the "
            "gateway"
        )
    return BundleCopies(settings.bundle_copies).path_of(standing.manifest)


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
