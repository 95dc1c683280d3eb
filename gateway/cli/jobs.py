"""`sealgate jobs`: what waits, what failed and why. Reads the database; the gateway may run."""

from typing import Annotated, Any, Final

import msgspec
import typer
from rich.table import Table

from gateway.cli.options import DEFAULT_CONFIG, ConfigOption, JSONOption, configuration
from gateway.cli.reading import database
from gateway.cli.terminal import fail, out, printable, tell_json
from gateway.store.rows.backlog import job_counts
from gateway.store.rows.job_listing import ListedJob, listed_job, listed_jobs

_STATES: Final = ("waiting", "paused", "leased", "dead", "cancelled")


def list_jobs(
    kind: Annotated[str | None, typer.Option(help="Only `seal`, `deliver` or `envelope`.")] = None,
    state: Annotated[str | None, typer.Option(help=f"Only one of {', '.join(_STATES)}.")] = None,
    subject: Annotated[
        str | None, typer.Option(help="Only of this batch, receiver or envelope.")
    ] = None,
    most: Annotated[int, typer.Option(min=1, help="How many of them.")] = 20,
    as_json: JSONOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Show how many jobs there are in each state, and the oldest of them.

    Dead letters are tried again by what they belong to: a batch by `POST /v1/batches/ID/retry`. See
    docs/jobs.md.
    """
    if state is not None and state not in _STATES:
        raise fail(f"no state is called {state}; there are {', '.join(_STATES)}")
    with database(configuration(config)) as connection:
        counts = sorted(job_counts(connection))
        jobs = listed_jobs(connection, kind=kind, state=state, subject=subject, most=most)
    if as_json:
        tell_json({"counts": [each._asdict() for each in counts], "jobs": list(map(_plain, jobs))})
        return
    out.print(", ".join(f"{each.jobs:,} {each.kind} {each.state}" for each in counts) or "no jobs")
    if jobs:
        out.print(_table(jobs))


def show_job(
    job_id: Annotated[int, typer.Argument(metavar="ID", help="As `sealgate jobs list` has it.")],
    as_json: JSONOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Show all of one job: whose it is, how often it was tried, and why it failed last."""
    with database(configuration(config)) as connection:
        found = listed_job(connection, job_id)
    if found is None:
        raise fail(f"there is no job {job_id}: what is done has none any more", code=1)
    plain = _plain(found)
    if as_json:
        tell_json(plain)
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, value in plain.items():
        table.add_row(name, printable(_text(value)))
    out.print(table)


def _plain(found: ListedJob) -> dict[str, Any]:
    values: dict[str, Any] = msgspec.to_builtins(msgspec.structs.replace(found, reason=None))
    return {**values, "reason": _reason(found.reason)}


def _reason(written: bytes | None) -> object:
    """What a crew writes is JSON; whatever else somebody has written is text."""
    if written is None:
        return None
    try:
        return msgspec.json.decode(written)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return written.decode(errors="replace")


def _table(jobs: list[ListedJob]) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("id", "kind", "state", "share", "subject", "attempt", "due", "why"):
        table.add_column(name, overflow="fold")
    for each in jobs:
        why = _reason(each.reason)
        cells = (
            each.id,
            each.kind,
            each.state,
            each.share,
            each.subject,
            each.attempt,
            "" if each.due is None else f"{each.due:%Y-%m-%d %H:%M:%SZ}",
            why.get("type", why) if isinstance(why, dict) else why,
        )
        table.add_row(*(printable(_text(cell)) for cell in cells))
    return table


def _text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
