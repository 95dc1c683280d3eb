"""What the installation has decided, for the commands that look back."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import OperationalError

from gateway.cli.options import configuration
from gateway.desk.policy_files import NothingToReadError
from gateway.history.reading import DecisionReader
from gateway.store.open import database_of


@contextmanager
def decisions(config: Path) -> Iterator[DecisionReader]:
    """The history of the installation; it may run meanwhile.

    Raises:
        NothingToReadError: there is no database yet, or none that can be read.
    """
    database = database_of(configuration(config))
    if not database.exists():
        raise NothingToReadError(f"there is no {database}: nothing was decided yet")
    engine = database.open_reader()
    try:
        yield DecisionReader(engine)
    except OperationalError as error:
        raise NothingToReadError(
            f"{database} cannot be read: {error.orig}; if another version wrote it, start the "
            "gateway once"
        ) from error
    finally:
        engine.dispose()
