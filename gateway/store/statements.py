"""Statements for rows that come by the thousand: compiled once, run by the driver's executemany.

SQLAlchemy works a parameter set out anew for each row, which takes several times as long as SQLite
takes to write it.
"""

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.sql.expression import ClauseElement

Row = tuple[object, ...]


class RowStatement:
    """An insert or update that is run for many rows.

    Values go to the driver as they are: bytes, text, integers and floats.
    """

    def __init__(self, statement: ClauseElement, *names: str) -> None:
        """Keep the statement.

        Args:
            statement: as SQLAlchemy writes it.
            names: of the columns or parameters, in the order in which each row gives them; two at
                least.
        """
        self._statement = statement
        self._names = names
        self._made_for: Dialect | None = None
        self._sql = ""
        self._constants: Row = ()
        self._ordered: Callable[[Row], Row] = tuple

    def run(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Run it for every row.

        Raises:
            Exception: the driver's own; the transaction must be given up.
        """
        if self._made_for is not connection.dialect:
            self._compile(connection.dialect)
        ordered, constants = self._ordered, self._constants
        cursor = connection.connection.cursor()
        cursor.executemany(self._sql, [ordered(row + constants) for row in rows])
        cursor.close()

    def _compile(self, dialect: Dialect) -> None:
        compiled: Any = self._statement.compile(dialect=dialect, column_keys=list(self._names))
        constants = {k: v for k, v in compiled.params.items() if k not in self._names}
        known = [*self._names, *constants]
        self._constants = tuple(constants.values())
        self._ordered = itemgetter(*(known.index(name) for name in compiled.positiontup))
        self._sql = str(compiled)
        self._made_for = dialect
