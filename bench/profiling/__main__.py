"""`python -m bench.profiling`, or `make profile`: see bench/README.md."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from bench.gateway_rate import Burst, load
from bench.installation import Installation, temporary_installation
from bench.load import Load
from bench.profiling.gateway import MARK, Stage
from bench.profiling.processes import Used, used_below
from bench.rows import ROWS, Row

_HERE = Path(__file__).parent.parent
_FIRST_GUESS_PER_S = 600.0


def main(
    seconds: Annotated[float, typer.Option(min=1, help="Of the load that counts.")] = 8.0,
    connections: Annotated[int, typer.Option(min=1, help="Requests under way at once.")] = 32,
    row: Annotated[str, typer.Option(help="A row of the benchmark.")] = ROWS[0].name,
    *,
    rate: Annotated[
        float | None,
        typer.Option(min=1, help="Documents a second, at even distances; else as many as pass."),
    ] = None,
    ed25519: Annotated[bool, typer.Option(help="Sign requests with Ed25519, not HMAC.")] = False,
    functions: Annotated[
        bool, typer.Option("--functions", help="Show where the event loop spends its time.")
    ] = False,
    directory: Annotated[
        Path, typer.Option(help="Where the temporary installation goes.")
    ] = _HERE.parent / "var",
) -> None:
    """Show where a document's time goes: by stage, and as CPU time by process."""
    chosen = next((each for each in ROWS if each.name == row), None)
    if chosen is None:
        known = ", ".join(each.name for each in ROWS)
        raise typer.BadParameter(f"rows are {known}", param_hint="--row")
    with temporary_installation(directory) as installation:
        came, before, after = _run(
            installation,
            chosen,
            seconds=seconds,
            connections=connections,
            rate=rate,
            ed25519=ed25519,
            functions=functions,
        )
        words = installation.log.read_bytes()
    console = Console(highlight=False)
    console.print(
        f"{chosen.title}, {connections} connections, requests signed with "
        f"{'Ed25519' if ed25519 else 'HMAC-SHA256'}: {came.completed / seconds:,.0f} documents/s, "
        f"p50 {came.p50_ms:.1f} ms, p99 {came.p99_ms:.1f} ms"
    )
    _print_processes(console, came, before, after, seconds=seconds)
    if functions:
        console.print(words[words.find(b"FUNCTIONS") :].decode(), markup=False)
    else:
        _print_stages(console, words)


def _run(
    installation: Installation,
    row: Row,
    *,
    seconds: float,
    connections: int,
    rate: float | None,
    ed25519: bool,
    functions: bool,
) -> tuple[Load, dict[int, Used], dict[int, Used]]:
    document = installation.trial.directory / "document.pdf"
    document.write_bytes(row.document())
    mode = "functions" if functions else "stages"
    with installation.serve("bench.profiling.serve", str(installation.config_file), mode) as keeper:

        def one(seconds: float, expected_per_s: float) -> Load:
            burst = Burst(
                connections=connections,
                warm_up=0.0,
                seconds=seconds,
                expected_per_s=rate or expected_per_s,
                ed25519=ed25519,
                open_loop_per_s=rate,
            )
            return load(installation, row, document, [burst])[0]

        warm = one(2.0, _FIRST_GUESS_PER_S)
        before = used_below(keeper)
        came = one(seconds, warm.completed)
        return came, before, used_below(keeper)


def _print_processes(
    console: Console,
    came: Load,
    before: dict[int, Used],
    after: dict[int, Used],
    *,
    seconds: float,
) -> None:
    table = Table("process", title="CPU per document, all threads")
    table.add_column("ms", justify="right")
    table.add_column("MiB resident", justify="right")
    for pid, used in sorted(after.items(), key=lambda each: each[1].role):
        spent = used.seconds - (before[pid].seconds if pid in before else 0.0)
        table.add_row(
            f"{used.role} {pid}",
            f"{1000 * spent / came.total:.3f}",
            f"{used.resident_bytes / 2**20:.0f}",
        )
    generator = 1000 * came.cores * seconds / came.total
    table.add_row("generator", f"{generator:.3f}", "")
    console.print(table)


def _print_stages(console: Console, words: bytes) -> None:
    _, found, line = words.rpartition(MARK)
    if not found:
        console.print("[red]the gateway left no profile; see its log[/]")
        raise typer.Exit(1)
    table = Table("stage", title="Time of each stage, waiting included")
    for name in ("times", "mean ms", "p99 ms", "most ms"):
        table.add_column(name, justify="right")
    for stage in msgspec.json.decode(line, type=list[Stage]):
        times = (stage.mean_ms, stage.p99_ms, stage.most_ms)
        table.add_row(stage.name, str(stage.count), *(f"{each:.3f}" for each in times))
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
