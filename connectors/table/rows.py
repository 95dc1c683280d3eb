"""Rows that hold documents: taken under locks, marked in the transaction that took them."""

import base64
import binascii
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Connection, Table, case, func, select, update
from sqlalchemy.exc import DBAPIError

from connectors.errors import ConnectorAwayError, SettingsUnfitError
from connectors.identity import marked
from connectors.model import Fetched
from connectors.names import plain_name
from connectors.plain_json import plain_fields
from connectors.remembered import Remembered
from connectors.table.database import Database, column

PAGE_BYTES: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Which rows are documents. All names are of columns of `table`.

    Attributes:
        table: its name.
        key: identifies a row, and gives the order; unique and indexed.
        status: says what has become of a row; index it together with the key.
        content: the document.
        encoding: of the content: as it is, or in base64.
        name: of the document; None: the key stands for it.
        fields: that the mapping may use.
        new: status of a row that is to be taken.
        taken: status of a row that was.
        max_bytes: of a document; a larger one is not read.
    """

    table: str
    key: str
    status: str
    content: str
    encoding: Literal["bytes", "base64"] = "bytes"
    name: str | None = None
    fields: tuple[str, ...] = ()
    new: str = "new"
    taken: str = "taken"
    max_bytes: int = 50 * 1024 * 1024

    def __post_init__(self) -> None:
        """Refuse marks that cannot be told apart."""
        if self.new == self.taken:
            raise SettingsUnfitError(
                f"`new` and `taken` are both `{self.new}`, so a row would be taken for ever",
                "give them different values",
            )


class RowReader:
    """Takes rows. One thread uses it at a time."""

    def __init__(self, database: Database, rows: Rows) -> None:
        self._database = database
        self._rows = rows
        self._connection: Connection | None = None
        self._keys: dict[str, object] = {}
        self._durable = Remembered()

    def fetch(self, most: int) -> tuple[Fetched, ...]:
        """Lock the first rows that nobody else has; earlier locks of ours end first.

        Raises:
            SQLAlchemyError: the database does not do it.
            PlaceUnfitError: the table is not as the settings say.
        """
        self.release()
        table = self._table()
        self._connection = connection = self._database.engine().connect()
        self._keys = {}
        items: list[Fetched] = []
        keys = self._lock(connection, table, most)
        if not keys:
            self.release()
            return ()
        key = column(table, self._rows.key)
        found = connection.execute(select(*self._columns(table)).where(key.in_(keys)).order_by(key))
        for row in found:
            item = self._read(row)
            self._keys[item.id] = row[0]
            items.append(item)
        return tuple(items)

    def acknowledge(self, ids: Collection[str]) -> None:
        """Mark those rows and end all locks.

        Where the locks were lost, rows are locked anew, and only those are marked that are as they
        were fetched.

        Raises:
            SQLAlchemyError: the database does not do it.
            ConnectorAwayError: some were not fetched last; they come again.
        """
        owed = [id_ for id_ in ids if id_ not in self._durable]
        if not owed:
            return
        if not self._keys.keys() >= set(owed):
            raise ConnectorAwayError("rows were acknowledged that were not fetched last")
        try:
            if self._connection is not None:
                self._mark(self._connection, [self._keys[id_] for id_ in owed])
                self._connection.commit()
            else:
                self._mark_unchanged(owed)
        except DBAPIError:
            self.release()
            self._mark_unchanged(owed)
        for id_ in owed:
            self._durable.add(id_)
        self.release()

    def release(self) -> None:
        """End the locks without marking anything."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            connection.rollback()
        except DBAPIError:
            connection.invalidate()  # it is broken, and its locks are gone with it
        connection.close()

    def _mark(self, connection: Connection, keys: Sequence[object]) -> None:
        table, rows = self._table(), self._rows
        connection.execute(
            update(table)
            .where(column(table, rows.key).in_(keys))
            .values({column(table, rows.status): rows.taken})
        )

    def _mark_unchanged(self, ids: Sequence[str]) -> None:
        table = self._table()
        key = column(table, self._rows.key)
        with self._database.engine().begin() as connection:
            found = connection.execute(
                select(*self._columns(table))
                .where(key.in_([self._keys[id_] for id_ in ids]), self._is_new(table))
                .with_for_update()
            )
            same = [row[0] for row in found if self._read(row).id in ids]
            self._mark(connection, same)

    def prove(self) -> None:
        """See that a fetch would work, without locking anything; raises like `fetch`."""
        table, rows = self._table(), self._rows
        with self._database.engine().connect() as connection:
            connection.execute(select(*self._columns(table)).where(self._is_new(table)).limit(0))
            connection.execute(  # no row has two states: it shows that we may, and changes nothing
                update(table)
                .where(self._is_new(table), column(table, rows.status) == rows.taken)
                .values({column(table, rows.status): rows.taken})
            )
            connection.rollback()

    def _table(self) -> Table:
        return self._database.table(self._rows.table)

    def _is_new(self, table: Table) -> ColumnElement[bool]:
        return column(table, self._rows.status) == self._rows.new

    def _size(self, table: Table) -> ColumnElement[int]:
        return func.coalesce(func.octet_length(column(table, self._rows.content)), 0)

    def _most_stored_bytes(self) -> int:
        """Of a content that is read; base64 with line ends takes 37 bytes for 27."""
        its = self._rows
        return its.max_bytes if its.encoding == "bytes" else its.max_bytes * 37 // 27 + 4

    def _lock(self, connection: Connection, table: Table, most: int) -> list[object]:
        """Keys of a page that fits into memory."""
        key = column(table, self._rows.key)
        found = connection.execute(
            select(key, self._size(table))
            .where(self._is_new(table))
            .order_by(key)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        keys: list[object] = []
        room = PAGE_BYTES
        for one, size in found:
            room -= size if size <= self._most_stored_bytes() else 0
            if keys and room < 0:
                break
            keys.append(one)
        return keys

    def _columns(self, table: Table) -> list[ColumnElement[Any]]:
        """Key, size, name, content if it may be read, and the fields."""
        rows = self._rows
        size = self._size(table)
        return [
            column(table, rows.key),
            size,
            column(table, rows.name or rows.key),
            case((size <= self._most_stored_bytes(), column(table, rows.content))),
            *(column(table, field) for field in rows.fields),
        ]

    def _read(self, values: Sequence[Any]) -> Fetched:
        key, size, name, stored, *fields = values
        content, problem = b"", ""
        if size > self._most_stored_bytes():
            problem = f"the column has {size:,} bytes, and {self._rows.max_bytes:,} are allowed"
        else:
            content, problem = _decoded(stored, self._rows.encoding)
        return Fetched(
            id=marked(key, content or repr((size, problem)).encode()),
            name=plain_name(str(key if name is None else name), otherwise=str(key)),
            content=content,
            fields=plain_fields(dict(zip(self._rows.fields, fields, strict=True))),
            problem=problem,
        )


def _decoded(stored: bytes | memoryview | str | None, encoding: str) -> tuple[bytes, str]:
    if stored is None:
        return b"", "the column of the document is empty"
    content = stored.encode() if isinstance(stored, str) else bytes(stored)
    if encoding == "bytes":
        return content, ""
    try:
        return base64.b64decode(b"".join(content.split()), validate=True), ""
    except binascii.Error:
        return b"", "the column of the document is no base64"
