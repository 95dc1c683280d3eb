"""What the store needs of a database, whichever engine it is."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Connection, Engine

Rows = Sequence[Sequence[Any]]


class Database(Protocol):
    """Where the rows are. `str()` names it for people, without a secret."""

    def exists(self) -> bool:
        """Whether a gateway has begun it.

        Raises:
            SQLAlchemyError: a server does not answer.
        """
        ...

    def open_writer(self) -> Engine:
        """An engine for migrations and the writer lane."""
        ...

    def open_reader(self) -> Engine:
        """An engine that can only read."""
        ...


@dataclass(frozen=True, slots=True)
class Begun:
    """A transaction that has begun.

    Attributes:
        connection: it runs on.
        is_behind: whether others may have written since this connection last committed, so that
            what is kept in memory must be read anew.
    """

    connection: Connection
    is_behind: bool = False


class WriteConnection(Protocol):
    """The connection that writes, kept open. Only one thread may use it."""

    @property
    def is_shared(self) -> bool:
        """Whether other nodes write as well."""
        ...

    @property
    def driver_errors(self) -> type[Exception]:
        """The base of what the driver raises by itself."""
        ...

    def transaction(self) -> AbstractContextManager[Begun]:
        """Begin before, commit after; roll back when anything raises, the commit included."""
        ...

    def close(self) -> None:
        """Give the connection back."""
        ...


class ReadConnection(Protocol):
    """Queries that never hold the event loop up for long. Opened with the first of them."""

    async def rows(self, query: str, values: tuple[object, ...]) -> Rows:
        """All rows of a query that was `compiled`, as committed by now.

        Raises:
            StoreProblem: the database does not answer.
        """
        ...

    def close(self) -> None:
        """Close it; without a query there is nothing to close."""
        ...
