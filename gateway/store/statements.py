"""Statements for rows that come by the thousand: compiled once, run by the driver's executemany.

SQLAlchemy works a parameter set out anew for each row, which takes several times as long as SQLite
takes to write it.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.sql.expression import ClauseElement

Row = Mapping[str, object]


class RowStatement:
    """An insert or update that is run for many rows.

    Values go to the driver as they are: bytes, text, integers and floats.
    """

    def __init__(self, statement: ClauseElement, *names: str) -> None:
        """Keep the statement.

        Args:
            statement: as SQLAlchemy writes it.
            names: of the columns or parameters that each row gives; two at least.
        """
        self._statement = statement
        self._names = names
        self._made_for: Dialect | None = None
        self._sql = ""
        self._picked: Callable[[Row], Any] = dict

    def run(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Run it for every row."""
        if self._made_for is not connection.dialect:
            self._compile(connection.dialect)
        connection.exec_driver_sql(self._sql, [self._picked(row) for row in rows])

    def _compile(self, dialect: Dialect) -> None:
        compiled: Any = self._statement.compile(dialect=dialect, column_keys=list(self._names))
        constants = {k: v for k, v in compiled.params.items() if k not in self._names}
        pick: Callable[[Row], Any] = (
            dict if compiled.positiontup is None else itemgetter(*compiled.positiontup)
        )
        self._picked = (lambda row: pick({**constants, **row})) if constants else pick
        self._sql = str(compiled)
        self._made_for = dialect
