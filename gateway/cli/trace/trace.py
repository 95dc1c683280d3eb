"""`sealgate trace`: one document's path, found by whatever id somebody has of it."""

from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from gateway.cli.options import DEFAULT_CONFIG, ConfigOption, JSONOption, configuration
from gateway.cli.reading import database
from gateway.cli.terminal import err, fail, out, printable, tell_json
from gateway.cli.trace.finding import MOST, meant_by, nearest_to
from gateway.cli.trace.model import Story, Subject, Undecided
from gateway.cli.trace.story import story_of

_LONGEST = 300
"""Characters; the longest id is a job's key (`gateway.store.schema`)."""
_KINDS = (
    "a document, act, idempotency key, business number, trace, batch item, job, event, approval "
    "or envelope"
)


def trace(
    wanted: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            help="Of a document, act, batch, item (BATCH/NUMBER), job, event, approval or "
            "envelope; or an idempotency key, business number or trace id.",
        ),
    ],
    as_json: JSONOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Tell one document's path, from who asked for it to the record that proves it.

    Works while the gateway runs. Exits 0 when it is told, 1 when the id means nothing or several
    things, which are listed, and 2 when the database cannot be read.
    """
    installation = configuration(config)
    if not wanted or not wanted.isprintable():
        raise fail("that is no id: it is empty, or has marks that nobody can type")
    if len(wanted) > _LONGEST:
        raise fail(f"that is no id: it has {len(wanted):,} characters, none over {_LONGEST}")
    with database(installation) as connection:
        found = meant_by(connection, wanted)
        if len(found) == 1:
            _tell(story_of(connection, wanted, found[0], installation), as_json=as_json)
            return
        near = found or nearest_to(connection, wanted)
    _undecided(wanted, found, near, as_json=as_json)
    raise typer.Exit(1)


def _undecided(
    wanted: str, found: tuple[Subject, ...], near: tuple[Subject, ...], *, as_json: bool
) -> None:
    message = (
        f"{wanted} may be one of several: name the one that is meant"
        if found
        else f"nothing here is known as {wanted}: it is the id of no {_KINDS.removeprefix('a ')}"
        + ("; these begin like it" if near else "; a job that is done has no row any more")
    )
    if as_json:
        tell_json(Undecided(asked=wanted, message=message, candidates=near[:MOST]))
        return
    err.print("[bold red]error[/]", end=" ")
    err.print(printable(message), markup=False, soft_wrap=True)
    for each in near[:MOST]:
        told = f"  {each.id}  {each.kind}, {each.told} (by {', '.join(each.by)})"
        err.print(printable(told), markup=False, soft_wrap=True)
    if len(near) > MOST:
        err.print("  and more")


def _tell(story: Story, *, as_json: bool) -> None:
    if as_json:
        tell_json(story)
        return
    subject = story.subject
    told = f"{subject.kind} {subject.id}: {subject.told}; found by {', '.join(subject.by)}"
    out.print(printable(told), markup=False, soft_wrap=True, style="bold")
    table = Table(box=None, pad_edge=False)
    for heading in ("when (UTC)", "record", "what", ""):
        table.add_column(heading, overflow="fold", no_wrap=heading != "")
    for step in story.steps:
        table.add_row(
            "" if step.at is None else f"{step.at:%Y-%m-%d %H:%M:%S.%f}"[:-3],
            "" if step.record is None else str(step.record),
            step.what,
            Text(printable(step.told)),
        )
    out.print(table)
    for proof in story.inclusion:
        style = "green" if proof.is_proved else "bold yellow"
        out.print(Text(f"record {proof.record} {printable(proof.told)}", style=style))
    for note in story.notes:
        out.print(Text(f"note  {printable(note)}"))
