"""`python -m bench.profiling.envelopes`: what an envelope between two companies costs, by process.

Two gateways, a network and the load on this machine, as `bench.envelopes` has them, at one rate
after the other. CPU time is what changes are compared by, in turn: a busy machine makes it longer.
"""

import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bench.envelopes.pairs import PairFigures, measure_rate, running_pair
from bench.errors import BenchError

_HERE = Path(__file__).parent.parent
_WARM_UP_SECONDS = 4.0


def main(
    per_s: Annotated[
        list[float] | None, typer.Option(help="Envelopes a second; again: more.")
    ] = None,
    seconds: Annotated[float, typer.Option(min=1, help="Of each rate.")] = 15.0,
    directory: Annotated[Path, typer.Option(help="Where the installations go.")] = _HERE.parent
    / "var",
    *,
    reads: Annotated[
        bool, typer.Option(help="Whether policies ask for what contracts say, as the trial's do.")
    ] = True,
) -> None:
    """Show how soon envelopes are done, and what each costs."""
    directory.mkdir(parents=True, exist_ok=True)
    try:
        with (
            tempfile.TemporaryDirectory(dir=directory, prefix="profile-envelopes-") as made,
            running_pair(Path(made), reads=reads) as pair,
        ):
            found = [
                measure_rate(pair, per_s=each, seconds=seconds, warm_up=_WARM_UP_SECONDS)
                for each in per_s or [5.0]
            ]
    except BenchError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error
    console = Console(highlight=False)
    console.print(_times(found))
    console.print(_costs(found))


def _times(found: list[PairFigures]) -> Table:
    table = Table("a second", title="Seconds until it is done")
    for name in ("signed by both, median", "p95", "held by both, median", "p95"):
        table.add_column(name, justify="right")
    for each in found:
        times = (each.completed_p50_s, each.completed_p95_s, each.done_p50_s, each.done_p95_s)
        table.add_row(f"{each.per_s:g}", *(f"{time:.2f}" for time in times))
    return table


def _costs(found: list[PairFigures]) -> Table:
    roles = sorted({role for each in found for role in each.cpu_ms_by_role})
    table = Table("a second", title="CPU per envelope, ms, by process")
    for name in ("all", *roles):
        table.add_column(name, justify="right")
    for each in found:
        by_role = (each.cpu_ms_by_role.get(role, 0.0) for role in roles)
        table.add_row(f"{each.per_s:g}", *(f"{spent:.1f}" for spent in (each.cpu_ms, *by_role)))
    return table


if __name__ == "__main__":
    typer.run(main)
