"""`sealgate usage`: who used which seal how often."""

from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

from gateway.cli.options import DEFAULT_CONFIG, ConfigOption, JSONOption, configuration
from gateway.cli.terminal import fail, out, printable, tell_json, told_errors
from gateway.store.open import database_of
from gateway.usage.model import DIMENSIONS, Period, Scope, in_order
from gateway.usage.reading import as_csv
from gateway.usage.reading import usage as read_usage

_DAY = "%Y-%m-%d"


def usage(
    by: Annotated[
        str, typer.Option(help=f"What to tell it by, with commas: {', '.join(DIMENSIONS)}.")
    ] = "month,company,seal",
    first: Annotated[
        datetime | None, typer.Option(formats=[_DAY], help="The first day, e.g. 2026-11-01.")
    ] = None,
    last: Annotated[datetime | None, typer.Option(formats=[_DAY], help="The last day.")] = None,
    company: Annotated[
        list[str] | None, typer.Option(help="Only this company. May be repeated.")
    ] = None,
    as_csv_: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    as_json: JSONOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Show how many seals and documents were released, by company, seal, day and more.

    Counted in the transactions that release, so it agrees with the documents that are kept. Days
    are those of the office's calendar (Asia/Shanghai). Works while the gateway runs.
    """
    with told_errors(ValueError):
        dimensions = in_order(filter(None, map(str.strip, by.split(","))))
    installation = configuration(config)
    with told_errors(SQLAlchemyError, OSError):
        database = database_of(installation)
        if not database.exists():
            raise fail(f"there is no database {database}: nothing was sealed yet")
    period = Period(first and first.date(), last and last.date())
    scope = Scope(companies=frozenset(company) if company else None)
    with told_errors(SQLAlchemyError, OSError), database.open_reader().connect() as it:
        rows = read_usage(it, dimensions, period=period, scope=scope)
    if as_json:
        tell_json(rows)
    elif as_csv_:
        typer.echo(as_csv(dimensions, rows), nl=False)
    else:
        table = Table(box=None, pad_edge=False)
        for name in (*dimensions, "seals", "documents"):
            is_count = name in ("seals", "documents")
            table.add_column(name, overflow="fold", justify="right" if is_count else "left")
        for row in rows:
            table.add_row(*(printable(str(value)) for value in row.values()))
        out.print(table)
