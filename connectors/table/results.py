"""Where results go in a database: into the row itself, or as rows of a table of their own."""

import base64
import json
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    String,
    Table,
    UniqueConstraint,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from connectors.errors import DeliveryRefusedError, PlaceUnfitError
from connectors.identity import own_id
from connectors.model import Delivery
from connectors.table.database import Database, column
from connectors.table.rows import Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class RowResults:
    """The result is written into the row that was fetched; a batch's summary is not.

    Attributes:
        result: column for the result as JSON; it tells the delivery's id too.
        content: column for the sealed document; None: it is not written.
        sealed: status of a row whose document is sealed.
        failed: status of a row whose document is not.
    """

    result: str
    content: str | None = None
    sealed: str = "sealed"
    failed: str = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultTable:
    """Each result is a row of a table of its own; all others are names of its columns.

    Attributes:
        table: its name.
        id: the delivery's id; MUST be the primary key or unique.
        kind: sealed, failed or summary.
        name: of the document or the batch.
        fetched: the key of the row that it answers, as text, where it answers one.
        content: the sealed document or the summary.
        result: JSON.
    """

    table: str
    id: str = "id"
    kind: str = "kind"
    name: str = "name"
    fetched: str = "fetched"
    content: str = "content"
    result: str = "result"


class ResultWriter(Protocol):
    """Writes results; one thread uses it at a time."""

    def write(self, delivery: Delivery) -> None:
        """Write it, or see that it is there already.

        Raises:
            SQLAlchemyError: the database does not do it.
            DeliveryRefusedError: it never will.
        """
        ...

    def prove(self) -> None:
        """Raise what `write` would."""
        ...


def result_writer(
    database: Database, rows: Rows | None, results: RowResults | ResultTable | None
) -> ResultWriter | None:
    """The writer for these settings."""
    match results:
        case ResultTable():
            return TableOfResults(database, results)
        case RowResults() if rows is not None:
            return ResultsInRows(database, rows, results)
        case _:
            return None


class ResultsInRows:
    """Changes a row that was taken; one that its owner has changed since is left alone."""

    def __init__(self, database: Database, rows: Rows, results: RowResults) -> None:
        self._database = database
        self._rows = rows
        self._results = results

    def write(self, delivery: Delivery) -> None:
        """See `ResultWriter`."""
        if delivery.kind == "summary":
            return
        if delivery.fetched is None:
            raise DeliveryRefusedError("it answers no row of this table; return it elsewhere")
        table = self._database.table(self._rows.table)
        key = _typed(column(table, self._rows.key), own_id(delivery.fetched))
        with self._database.engine().begin() as connection:
            if not self._update(connection, table, key, delivery):
                self._must_be_there(connection, table, key, delivery)

    def prove(self) -> None:
        """See `ResultWriter`."""
        table = self._database.table(self._rows.table)
        results = self._results
        named = [results.result, *([results.content] if results.content else [])]
        with self._database.engine().connect() as connection:
            connection.execute(
                update(table)
                .where(column(table, self._rows.key).is_(None))
                .values({column(table, name): None for name in named})
            )
            connection.rollback()

    def _update(
        self, connection: Connection, table: Table, key: object, delivery: Delivery
    ) -> bool:
        its = self._results
        status = column(table, self._rows.status)
        values: dict[Any, object] = {
            status: its.sealed if delivery.kind == "sealed" else its.failed,
            column(table, its.result): _told(delivery, column(table, its.result)),
        }
        if its.content is not None:
            content = column(table, its.content)
            values[content] = _content(delivery, content)
        done = connection.execute(
            update(table)
            .where(column(table, self._rows.key) == key)
            .where(status.in_([self._rows.taken, its.failed]))
            .values(values)
        )
        return done.rowcount == 1

    def _must_be_there(
        self, connection: Connection, table: Table, key: object, delivery: Delivery
    ) -> None:
        found = connection.execute(
            select(column(table, self._rows.status), column(table, self._results.result)).where(
                column(table, self._rows.key) == key
            )
        ).first()
        if found is None:
            raise DeliveryRefusedError(f"row {key} is gone; fetch the result over the API")
        if not _tells(found[1], delivery.id):
            raise DeliveryRefusedError(
                f"row {key} has status `{found[0]}` by now, which is not ours to change; "
                "fetch the result over the API"
            )


class TableOfResults:
    """Adds a row for each delivery."""

    def __init__(self, database: Database, results: ResultTable) -> None:
        self._database = database
        self._results = results

    def write(self, delivery: Delivery) -> None:
        """See `ResultWriter`."""
        its = self._results
        table = self._database.table(its.table)
        values = {
            its.id: delivery.id,
            its.kind: delivery.kind,
            its.name: delivery.name,
            its.fetched: None if delivery.fetched is None else own_id(delivery.fetched),
            its.content: _content(delivery, column(table, its.content)),
            its.result: _told(delivery, column(table, its.result)),
        }
        row = {column(table, name).key: value for name, value in values.items()}
        try:
            with self._database.engine().begin() as connection:
                connection.execute(insert(table), row)
        except IntegrityError as error:
            if not self._has(table, delivery.id):
                raise DeliveryRefusedError(
                    f"table `{its.table}` refuses it: {error.orig}"
                ) from error

    def prove(self) -> None:
        """See `ResultWriter`; the column of the id has to be unique."""
        its = self._results
        table = self._database.table(its.table)
        id_ = column(table, its.id)
        for name in (its.kind, its.name, its.fetched, its.content, its.result):
            column(table, name)
        alone = [
            list(table.primary_key.columns),
            *(list(i.columns) for i in table.indexes if i.unique),
        ]
        alone += [list(c.columns) for c in table.constraints if isinstance(c, UniqueConstraint)]
        if [id_] not in alone:
            raise PlaceUnfitError(
                f"column `{its.id}` of table `{its.table}` is not unique, so a result could be "
                "written twice; make it the primary key"
            )
        self._has(table, "")

    def _has(self, table: Table, id_: str) -> bool:
        with self._database.engine().connect() as connection:
            key = column(table, self._results.id)
            return connection.execute(select(key).where(key == id_)).first() is not None


def _typed(its: Column[Any], text: str) -> object:
    """A key that went through text, as its column has it."""
    kind = its.type.python_type
    try:
        return text if kind is str else kind(text)
    except (ValueError, ArithmeticError):
        raise DeliveryRefusedError(
            f"`{text}` is no key of this table; return it elsewhere"
        ) from None


def _told(delivery: Delivery, its: Column[Any]) -> object:
    """The result with the delivery's id, as its column takes it."""
    told = {"delivery": delivery.id, **delivery.result}
    return told if isinstance(its.type, JSON) else json.dumps(told, ensure_ascii=False)


def _content(delivery: Delivery, its: Column[Any]) -> object:
    """The document as it is, or in base64 where its column takes text."""
    if not delivery.content:
        return None
    if isinstance(its.type, String):
        return base64.b64encode(delivery.content).decode("ascii")
    return delivery.content


def _tells(stored: object, id_: str) -> bool:
    """Whether this column was written by that delivery; JSON columns come as values."""
    if isinstance(stored, str | bytes):
        try:
            stored = json.loads(stored)
        except ValueError:
            return False
    return isinstance(stored, dict) and stored.get("delivery") == id_
