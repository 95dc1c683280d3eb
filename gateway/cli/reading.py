"""A connection that only reads, for as long as a check takes."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from gateway.config import Config
from gateway.store.open import database_of
from gateway.store.reading import one_moment


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
