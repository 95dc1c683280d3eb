"""A table of PostgreSQL or MariaDB: rows that hold documents, and where their results go.

Rows are taken under locks (`FOR UPDATE SKIP LOCKED`) that are held until `acknowledge` has marked
them in the same transaction: a crash in between leaves the table as it was, and two gateways never
take the same row. The database's work is done in threads, one for each direction.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import ParamSpec, Self, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from connectors.errors import (
    ConnectorAwayError,
    DeliveryRefusedError,
    PlaceUnfitError,
    SettingsUnfitError,
)
from connectors.model import Delivery, Fetched, Page
from connectors.table.database import Database, DatabaseSettings
from connectors.table.results import ResultTable, RowResults, result_writer
from connectors.table.rows import RowReader, Rows

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSettings:
    """Which database, which rows of it are documents, and where results are written.

    Attributes:
        name: of the connector, for its errors.
        database: where it is.
        rows: what is fetched; None: nothing is.
        results: where results go: the same rows, or a table of their own; None: nowhere.
    """

    name: str
    database: DatabaseSettings
    rows: Rows | None = None
    results: RowResults | ResultTable | None = None

    def __post_init__(self) -> None:
        """Refuse results that have no row."""
        if isinstance(self.results, RowResults) and self.rows is None:
            raise SettingsUnfitError(
                "results go into the rows that were fetched, and none are fetched",
                "say which rows are, or name a table of results",
            )


class _Thread:
    """One thread, whose errands wait for their turn before their time begins."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(1, name)
        self._turn = asyncio.Lock()

    async def run(self, work: Callable[[], T], *, timeout_seconds: float) -> T:
        """Do it there; raises what it raises, and TimeoutError, while it goes on."""
        async with self._turn, asyncio.timeout(timeout_seconds):
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def end(self) -> None:
        """After what it is doing."""
        self._pool.shutdown(wait=False)


class TableConnector:
    """See `Connector`. The cursor is always None: the rows themselves say what is still owed."""

    def __init__(self, settings: TableSettings) -> None:
        self._settings = settings
        self.fetches = settings.rows is not None
        self.delivers = settings.results is not None
        self._database = Database(settings.database)
        self._reader = RowReader(self._database, settings.rows) if settings.rows else None
        self._writer = result_writer(self._database, settings.rows, settings.results)
        self._reading = _Thread(f"{settings.name}-reading")
        self._writing = _Thread(f"{settings.name}-writing")

    async def __aenter__(self) -> Self:
        """See `Connector`; the database is called with the first use."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """End the locks, and every connection."""
        if self._reader is not None:
            await self._in(self._reading, self._reader.release)
        await self._in(self._writing, self._database.close)
        self._reading.end()
        self._writing.end()

    async def fetch(self, cursor: str | None, *, most: int) -> Page:
        """See `Connector`; rows that an earlier fetch gave and nobody acknowledged come again."""
        del cursor
        if self._reader is None:
            return Page(items=(), cursor=None)
        items = await self._in(self._reading, self._reader.fetch, most)
        return Page(items=items, cursor=None)

    async def acknowledge(self, fetched: Sequence[Fetched]) -> None:
        """See `Connector`."""
        if self._reader is not None and fetched:
            await self._in(self._reading, self._reader.acknowledge, [one.id for one in fetched])

    async def deliver(self, delivery: Delivery) -> None:
        """See `Connector`."""
        if self._writer is None:
            raise DeliveryRefusedError(
                f"{self}: it has no `results`. Name them, or return elsewhere."
            )
        await self._in(self._writing, self._writer.write, delivery)

    async def prove(self) -> None:
        """See that the tables are there, with their columns, and may be used."""
        self._database.forget()
        if self._reader is not None:
            await self._in(self._reading, self._reader.prove)
        if self._writer is not None:
            await self._in(self._writing, self._writer.prove)

    async def _in(
        self, thread: _Thread, work: Callable[P, T], *args: P.args, **named: P.kwargs
    ) -> T:
        try:
            return await thread.run(
                partial(work, *args, **named),
                timeout_seconds=2 * self._settings.database.timeout_seconds,
            )
        except TimeoutError as error:
            self._database.interrupt()
            raise ConnectorAwayError(
                f"{self}: it does not answer. Is the database running? It is tried again."
            ) from error
        except DeliveryRefusedError as error:
            raise DeliveryRefusedError(f"{self}: {error}") from error
        except PlaceUnfitError as error:
            raise PlaceUnfitError(f"{self}: {error}") from error
        except (ConnectorAwayError, OSError, ValueError) as error:
            raise ConnectorAwayError(f"{self}: {error}. It is tried again.") from error
        except SQLAlchemyError as error:
            reason = getattr(error, "orig", None) or error
            raise ConnectorAwayError(
                f"{self}: {reason}. Is the database running, and may the user do this? "
                "It is tried again."
            ) from error

    def __str__(self) -> str:
        """Which connector, for its errors."""
        return f'connector "{self._settings.name}" (table, {self._database.place})'
