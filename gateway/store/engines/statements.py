"""Statements that are run again and again: compiled once, and then the driver's own.

SQLAlchemy works a parameter set out anew each time, and makes objects of what it is told, which
takes several times as long as SQLite takes. Of rows that come by the thousand many are written at a
time. The driver's executemany gives the interpreter lock away and fights to get it
back for each row, while the event loop is busy; so as many rows as there are go into one VALUES.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.sql.expression import ClauseElement

from gateway.store.interfaces import Rows

# Powers of two, so that a driver has a few prepared statements to keep and not one for each number.
_MOST_ROWS = 32
_MARK = r"(?:\?|%s(?:::[A-Z ]+)?)"
_VALUES = re.compile(rf"(?<=VALUES )\({_MARK}(?:, {_MARK})*\)")

Row = tuple[object, ...]


class RowStatement:
    """An insert or update that is run for many rows.

    Values go to the driver as they are: bytes, text, integers and floats.
    """

    def __init__(
        self,
        statement: ClauseElement,
        *names: str,
        key: int = 0,
        merged: Callable[[Row, Row], Row] = lambda _earlier, later: later,
    ) -> None:
        """Keep the statement.

        Args:
            statement: as SQLAlchemy writes it, with one VALUES that takes nothing but a row.
            names: of the columns or parameters, in the order in which each row gives them; two at
                least.
            key: how many of a row's first values say which row is meant, where an upsert may be
                given the same one twice. PostgreSQL refuses that within one statement, so such rows
                become one. 0: no two rows are the same.
            merged: what an earlier and a later row of the same key become; the later one, if
                nothing else is said.
        """
        self._statement = statement
        self._names = names
        self._key = key
        self._merged = merged
        self._made_for: Dialect | None = None
        self._by_count: dict[int, str] = {}
        self._constants: Row = ()
        self._ordered: Callable[[Row], Row] = tuple

    def run(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Run it for every row, in order.

        Raises:
            Exception: the driver's own; the transaction must be given up.
        """
        if self._made_for is not connection.dialect:
            self._compile(connection.dialect)
        cursor = connection.connection.cursor()
        for some in _divided(self._each_once(rows) if self._key else rows):
            values = chain.from_iterable(map(self._ordered, some))
            cursor.execute(self._by_count[len(some)], (*values, *self._constants))
        cursor.close()

    def _each_once(self, rows: Sequence[Row]) -> Sequence[Row]:
        found: dict[Row, Row] = {}
        for row in rows:
            key = row[: self._key]
            found[key] = self._merged(found[key], row) if key in found else row
        return tuple(found.values())

    def _compile(self, dialect: Dialect) -> None:
        compiled: Any = self._statement.compile(dialect=dialect, column_keys=list(self._names))
        sql, order = str(compiled), list(compiled.positiontup)
        found = _VALUES.search(sql)
        if found is None or sorted(order[: len(self._names)]) != sorted(self._names):
            raise ValueError(f"the statement has no VALUES of its {len(self._names)} names: {sql}")
        before, one, after = sql[: found.start()], found[0], sql[found.end() :]
        counts = [1 << power for power in range(_MOST_ROWS.bit_length())]
        self._by_count = {count: before + ", ".join([one] * count) + after for count in counts}
        self._constants = tuple(compiled.params[name] for name in order[len(self._names) :])
        self._ordered = itemgetter(*(self._names.index(name) for name in order[: len(self._names)]))
        self._made_for = dialect


class PlainStatement:
    """A statement of which each run gives the same names their values.

    Values go to the driver as they are, and rows come as it gives them: bytes, text, integers and
    floats. Whoever writes by it does so in a transaction that has begun.
    """

    def __init__(self, statement: ClauseElement) -> None:
        """Keep the statement; it is compiled with its first run, or that on another database."""
        self._statement = statement
        self._made_for: Dialect | None = None
        self._sql = ""
        self._order: tuple[str, ...] = ()
        self._constants: dict[str, object] = {}

    def rows(self, connection: Connection, named: Mapping[str, object]) -> Rows:
        """All rows that it gives.

        Raises:
            Exception: the driver's own; the transaction must be given up.
        """
        cursor = self._executed(connection, named)
        found: Rows = cursor.fetchall()
        cursor.close()
        return found

    def first(self, connection: Connection, named: Mapping[str, object]) -> Sequence[Any] | None:
        """The first row that it gives; None: it gives none. Raises as `rows` does."""
        found = self.rows(connection, named)
        return found[0] if found else None

    def run(self, connection: Connection, named: Mapping[str, object]) -> int:
        """Run it; gives how many rows it wrote. Raises as `rows` does."""
        cursor = self._executed(connection, named)
        count: int = cursor.rowcount
        cursor.close()
        return count

    def _executed(self, connection: Connection, named: Mapping[str, object]) -> Any:  # noqa: ANN401 - the driver's
        if self._made_for is not connection.dialect:
            self._compile(connection.dialect, list(named))
        values = {**self._constants, **named}
        cursor = connection.connection.cursor()
        cursor.execute(self._sql, tuple([values[name] for name in self._order]))
        return cursor

    def _compile(self, dialect: Dialect, names: list[str]) -> None:
        compiled: Any = self._statement.compile(dialect=dialect, column_keys=names)
        if (
            compiled.post_compile_params
            or compiled.literal_execute_params
            or compiled.insert_prefetch
            or compiled.update_prefetch
        ):
            raise ValueError(f"the statement is another with each run: {compiled}")
        order = tuple(compiled.positiontup)
        if unknown := set(names) - set(order):
            raise ValueError(f"the statement has no place for {sorted(unknown)}: {compiled}")
        self._sql, self._order = str(compiled), order
        self._constants = {name: compiled.params[name] for name in order if name not in names}
        self._made_for = dialect


def _divided(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """The rows in as few pieces as there are statements for."""
    at = 0
    while left := len(rows) - at:
        count = min(_MOST_ROWS, 1 << (left.bit_length() - 1))
        yield rows[at : at + count]
        at += count
