"""`sealgate export`: everything that is kept, as one SQLite file."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError

from gateway.cli.options import DEFAULT_CONFIG, ConfigOption, configuration
from gateway.cli.terminal import fail, out, told_errors
from gateway.clock import SystemClock
from gateway.export.writing import write_export
from gateway.store.open import database_of

_DAY = "%Y-%m-%d"
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_END = datetime(9999, 12, 31, tzinfo=UTC)


def export(
    target: Annotated[Path, typer.Argument(help="The new file; it must not be there yet.")],
    since: Annotated[
        datetime | None, typer.Option(formats=[_DAY], help="Documents from this day on (UTC).")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=[_DAY], help="Documents before this day (UTC).")
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Write documents, decisions, records, what left and usage into one SQLite file.

    The audit log is written whole, whatever the days, because only a whole log proves anything.
    The sealed PDFs are not in it: `document.segment` and `segment_offset` say where they are.

    Works while the gateway runs. The file holds business numbers and attributes: keep it safe.
    """
    installation = configuration(config)
    with told_errors(SQLAlchemyError, OSError):
        database = database_of(installation)
        if not database.exists():
            raise fail(f"there is no database {database}: nothing was recorded yet")
        write_export(
            database.open_reader(),
            target,
            since=since.replace(tzinfo=UTC) if since else _BEGINNING,
            until=until.replace(tzinfo=UTC) if until else _END,
            origin=installation.audit.origin,
            at=SystemClock().now(),
            tell=lambda table, count: out.print(f"{count:>10,}  {table}", markup=False),
        )
    out.print(f"written to {target}", markup=False, soft_wrap=True)
