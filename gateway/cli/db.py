"""`sealgate db`: bring the database up to date, and say what state it is in."""

from contextlib import closing

import typer
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

from gateway.cli.options import DEFAULT_CONFIG, ConfigOption, JSONOption, configuration
from gateway.cli.terminal import err, fail, out, tell_json, told_errors
from gateway.config import Config
from gateway.store.checking import StoreReport, look
from gateway.store.errors import StateInUseError, StoreVersionError
from gateway.store.files.ownership import sole_owner
from gateway.store.migrating import migrate as bring_up_to_date
from gateway.store.migrating import newest_revision, revision_of
from gateway.store.open import database_of


def migrate(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Make the tables, or bring those of an older version up to date.

    Every start of a gateway does so by itself; this is for those who want it done before, with a
    backup at hand. On SQLite the gateway must not run. Exits 0 when the database is up to date, 2
    when it could not be brought there.
    """
    installation = configuration(config)
    with told_errors(SQLAlchemyError, OSError, StoreVersionError, StateInUseError):
        before = _migrated(installation)
    now = newest_revision()
    done = f"it was at revision {before}" if before else "it was empty"
    if before == now:
        out.print(f"[bold green]up to date[/]  revision {now}")
    else:
        out.print(f"[bold green]migrated[/]  to revision {now}; {done}")


def _migrated(installation: Config) -> str | None:
    if installation.store.url is not None:
        return _bring(installation)
    with sole_owner(installation.state_directory):
        return _bring(installation)


def _bring(installation: Config) -> str | None:
    engine = database_of(installation).open_writer()
    try:
        before = revision_of(engine)
        bring_up_to_date(engine)
    finally:
        engine.dispose()
    return before


def check(as_json: JSONOption = False, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Say of which engine and revision the database is, how large, and whether whole.

    The gateway may run meanwhile. Exits 0 when all is well, 1 when it is damaged or not at this
    version's revision, 2 when that could not be told.
    """
    installation = configuration(config)
    with told_errors(SQLAlchemyError, OSError):
        database = database_of(installation)
        if installation.store.url is None and not database.exists():
            raise fail(f"there is no database {database}: run `sealgate db migrate`", code=1)
        engine = database.open_reader()
        try:
            with closing(engine.connect()) as connection:
                report = look(connection)
        finally:
            engine.dispose()
    if as_json:
        tell_json(report)
    else:
        _tell(report)
    raise typer.Exit(0 if report.is_well else 1)


def _tell(report: StoreReport) -> None:
    if report.is_well:
        out.print(f"[bold green]whole[/]  {report.engine} {report.version}, at {report.revision}")
        table = Table(box=None, pad_edge=False, show_header=False)
        table.add_column()
        table.add_column(justify="right")
        for name, rows in report.rows.items():
            table.add_row(name, f"{rows:,}")
        out.print(table)
    elif report.damage is not None:
        err.print("[bold red]damaged[/]", end=" ")
        err.print(report.damage, markup=False, soft_wrap=True)
        err.print("Stop the gateway, put the newest backup back, then `sealgate audit verify`.")
    else:
        err.print("[bold red]not up to date[/]", end=" ")
        stands = "without tables" if report.revision is None else f"at {report.revision}"
        err.print(
            f"{report.engine} {report.version}, {stands}; this version works with {report.newest}: "
            "make a backup, then `sealgate db migrate`, or install the version that wrote it",
            soft_wrap=True,
        )
    for remark in report.remarks:
        out.print("note", end="  ")
        out.print(remark, markup=False, soft_wrap=True)
