"""`python -m bench`: measure, print the table, write the results. See bench/README.md."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bench.activation import measure_activation
from bench.envelopes.figures import measure_envelopes
from bench.errors import BenchError
from bench.installation import Installation, temporary_installation
from bench.jobs import measure_jobs
from bench.limits import measure_limits
from bench.machine import Machine, code_digest, commit, describe_machine, is_quiet
from bench.nodes import measure_nodes
from bench.policies import measure_policies
from bench.replay import measure_replay
from bench.results import NO_PARTS, Parts, Result, report
from bench.rows import ROWS, Row
from bench.run import Bench, Plan
from bench.table import print_table
from gateway.clock import SystemClock

_HERE = Path(__file__).parent
_LATEST = _HERE / "results" / "latest.json"
_WIDTH_IN_A_FILE = 120
_PARTIAL = _HERE / "results" / "partial.json"


def main(
    seconds: Annotated[float, typer.Option(min=1, help="Of each measurement.")] = 8.0,
    rounds: Annotated[int, typer.Option(min=1, help="How often each is measured.")] = 3,
    *,
    quick: Annotated[
        bool, typer.Option("--quick", help="One round of 2 s: shows that it runs, not how fast.")
    ] = False,
    row: Annotated[
        list[str] | None, typer.Option(help="Only this row; may be given several times.")
    ] = None,
    memory_documents: Annotated[
        int, typer.Option(min=100, help="Over how many documents a worker's memory is watched.")
    ] = 100_000,
    directory: Annotated[
        Path,
        typer.Option(help="Where the temporary installation goes: on the disk to be measured."),
    ] = _HERE.parent / "var",
) -> None:
    """Compare the gateway with the HSM alone and with pyHanko's own signer.

    A whole run on a quiet machine goes to bench/results/latest.json; --quick, --row, shorter runs
    and disturbed ones go to partial.json.
    """
    quiet = Console(stderr=True, highlight=False)
    chosen = _rows(row)
    plan = (
        Plan(seconds=2.0, trial_seconds=0.5, warm_up=0.5, rounds=1, batch_documents=500)
        if quick
        else Plan(seconds=seconds, trial_seconds=2.0, warm_up=2.0, rounds=rounds)
    )
    whole = row is None and plan.seconds >= 8.0 and plan.rounds >= 3  # noqa: PLR2004 - the defaults
    checkout = _HERE.parent
    measured_commit, code = commit(checkout), code_digest(checkout)
    try:
        with temporary_installation(directory) as installation:
            bench = Bench(installation, plan, lambda line: quiet.print(f"[dim]{line}[/]"))
            results = bench.run(chosen)
            parts = NO_PARTS
            # The rows take most of the time: a part that fails must not take them along.
            machine = describe_machine(
                installation.trial.directory, busy_elsewhere=bench.elsewhere.most
            )
            _write(_PARTIAL, results, machine, parts, measured_commit)
            if row is None:
                documents = min(memory_documents, 1000) if quick else memory_documents
                parts = _parts(
                    bench,
                    plan,
                    installation,
                    directory=directory,
                    documents=documents,
                    quiet=quiet,
                )
            machine = describe_machine(
                installation.trial.directory, busy_elsewhere=bench.elsewhere.most
            )
    except BenchError as error:
        quiet.print(f"[bold red]error[/] {error}", soft_wrap=True)
        raise typer.Exit(1) from error
    console = _console()
    print_table(
        console,
        results,
        machine,
        parts,
    )
    same_code = code_digest(checkout) == code
    if not same_code:
        console.print(
            "[yellow]The code changed meanwhile: the rounds measured different programs.[/]"
        )
    file = _LATEST if whole and same_code and is_quiet(machine) else _PARTIAL
    _write(file, results, machine, parts, measured_commit)
    if file == _LATEST:
        _PARTIAL.unlink()
    console.print(f"written to {file.relative_to(_HERE.parent)}")


def _write(
    file: Path, results: Mapping[str, Result], machine: Machine, parts: Parts, commit: str
) -> None:
    now = SystemClock().now()
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(report(results, machine=machine, parts=parts, commit=commit, at=now))


def _parts(
    bench: Bench,
    plan: Plan,
    installation: Installation,
    *,
    directory: Path,
    documents: int,
    quiet: Console,
) -> Parts:
    """All that is measured besides the rows, one after the other."""
    quiet.print("[dim]the policies of a large group[/]")
    with bench.elsewhere.watched():
        policies = measure_policies()
        activation = measure_activation()
        replay = measure_replay()
    quiet.print("[dim]a million jobs[/]")
    with bench.elsewhere.watched():
        jobs = measure_jobs()
    quiet.print("[dim]memory, a large document, the start[/]")
    limits = measure_limits(installation, documents=documents)
    quiet.print("[dim]two nodes on one PostgreSQL[/]")
    with bench.elsewhere.watched():
        nodes = measure_nodes(
            directory, seconds=plan.seconds, rounds=plan.rounds, warm_up=plan.warm_up
        )
    quiet.print("[dim]contracts between two companies[/]")
    with bench.elsewhere.watched():
        envelopes = measure_envelopes(
            directory, seconds=plan.seconds, rounds=plan.rounds, warm_up=plan.warm_up
        )
    return Parts(
        limits=limits,
        policies=policies,
        activation=activation,
        replay=replay,
        jobs=jobs,
        nodes=nodes,
        envelopes=envelopes,
    )


def _rows(names: list[str] | None) -> list[Row]:
    """The rows of these names; all where none is named."""
    chosen = [each for each in ROWS if names is None or each.name in names]
    if names is not None and len(chosen) != len(set(names)):
        known = ", ".join(each.name for each in ROWS)
        raise typer.BadParameter(f"rows are {known}", param_hint="--row")
    return chosen


def _console() -> Console:
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_WIDTH_IN_A_FILE)


if __name__ == "__main__":
    typer.run(main)
