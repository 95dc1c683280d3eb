"""Statements for rows that come by the thousand: compiled once, and run for many rows at a time.

SQLAlchemy works a parameter set out anew for each row, which takes several times as long as SQLite
takes to write it. The driver's executemany gives the interpreter lock away and fights to get it
back for each row, while the event loop is busy; so as many rows as there are go into one VALUES.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.sql.expression import ClauseElement

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


def _divided(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """The rows in as few pieces as there are statements for."""
    at = 0
    while left := len(rows) - at:
        count = min(_MOST_ROWS, 1 << (left.bit_length() - 1))
        yield rows[at : at + count]
        at += count
