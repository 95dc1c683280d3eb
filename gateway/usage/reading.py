"""Read usage by any of its dimensions, on a connection that cannot write."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, func, literal_column, select

from gateway.store.schema import seal_usage
from gateway.usage.model import Dimension, Period, Scope, UsageRow

_COUNTS: Final = ("seals", "documents")
_FORMULA_MARKS: Final = ("=", "+", "-", "@", "\t", "\r")


def usage(
    connection: Connection, by: Sequence[Dimension], *, period: Period, scope: Scope
) -> list[UsageRow]:
    """The sums, in the order of their dimensions."""
    names = (*by, *_COUNTS)
    rows = connection.execute(_query(by, period, scope)).all()
    found = [dict(zip(names, row, strict=True)) for row in rows]
    # The sum of large integers is a decimal number in PostgreSQL.
    return [{**row, **{name: int(row[name]) for name in _COUNTS}} for row in found]


def as_csv(by: Sequence[Dimension], rows: Iterable[UsageRow]) -> str:
    """The rows as CSV (RFC 4180) with a heading.

    A text that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=(*by, *_COUNTS))
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _harmless(value) for name, value in row.items()})
    return out.getvalue()


def _query(by: Sequence[Dimension], period: Period, scope: Scope) -> Any:  # noqa: ANN401 - SQLAlchemy has a type a number of columns
    columns = [_column(name).label(name) for name in by]
    sums = [func.coalesce(func.sum(seal_usage.c[name]), 0).label(name) for name in _COUNTS]
    query: Any = select(*columns, *sums).where(*_within(period, scope))
    grouped = [_column(name) for name in by]
    return query.group_by(*grouped).order_by(*grouped) if grouped else query


def _column(name: Dimension) -> ColumnElement[str]:
    if name == "month":
        # As they stand: to PostgreSQL, two parameters are not the same expression.
        return func.substr(seal_usage.c.day, literal_column("1"), literal_column("7"))
    return seal_usage.c[name]


def _within(period: Period, scope: Scope) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if period.first is not None:
        found.append(seal_usage.c.day >= period.first.isoformat())
    if period.last is not None:
        found.append(seal_usage.c.day <= period.last.isoformat())
    if scope.companies is not None:
        found.append(seal_usage.c.company.in_(sorted(scope.companies)))
    if scope.systems is not None:
        found.append(seal_usage.c.system.in_(sorted(scope.systems)))
    return found


def _harmless(value: str | int) -> str | int:
    if isinstance(value, str) and value.startswith(_FORMULA_MARKS):
        return f"'{value}"
    return value
