"""The database that the configuration names."""

from gateway.config import Config
from gateway.store.engines.database import SQLiteFile
from gateway.store.engines.postgresql import PostgreSQL, password_in


def database_of(config: Config) -> SQLiteFile | PostgreSQL:
    """SQLite in the state directory, or the server that `store.url` names.

    Raises:
        OSError: the password's file cannot be read.
    """
    store = config.store
    if store.url is None:
        return SQLiteFile(str(config.database))
    return PostgreSQL(url=store.url, password=password_in(store.password_file))
