"""A connection that only reads, for as long as a check or a list takes."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from gateway.cli.terminal import fail, told_errors
from gateway.config import Config
from gateway.store.engines.reading import one_moment
from gateway.store.open import database_of


@contextmanager
def connected(config: Config) -> Iterator[Connection]:
    """To the database, which is there; all that is read is as of one moment."""
    engine = database_of(config).open_reader()
    try:
        with engine.connect() as connection:
            one_moment(connection)
            yield connection
    finally:
        engine.dispose()


@contextmanager
def database(config: Config) -> Iterator[Connection]:
    """The same where it may not be there: then say so, or why it cannot be read, and leave."""
    with told_errors(SQLAlchemyError, OSError):
        kept = database_of(config)
        if not kept.exists():
            raise fail(f"there is no database {kept}: nothing was recorded yet")
        with connected(config) as connection:
            yield connection
