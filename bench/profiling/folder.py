"""`python -m bench.profiling.folder`: what a document costs that is dropped into a watched folder.

Beside it, the same document over HTTP, one by one and as a bulk batch, by the same keyword and in
turn. CPU time and not speed: it says the same on a machine that has other work.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bench.batches import bulk_batch, dropped
from bench.gateway_rate import Burst, load
from bench.installation import Installation, temporary_installation
from bench.profiling.processes import used_below
from bench.rows import ROWS, Row

_HERE = Path(__file__).parent.parent
_CONNECTIONS = 32
_FIRST_GUESS_PER_S = 600.0
_WARM_UP_DOCUMENTS = 200
_ROLES = ("gateway", "worker", "signer", "keeper")


def main(
    documents: Annotated[int, typer.Option(min=100, help="In each batch.")] = 2000,
    seconds: Annotated[float, typer.Option(min=1, help="Of the load over HTTP.")] = 5.0,
    rounds: Annotated[int, typer.Option(min=1, help="How often each is measured.")] = 2,
    directory: Annotated[
        Path, typer.Option(help="Where the temporary installation goes.")
    ] = _HERE.parent / "var",
) -> None:
    """Compare what a document costs over HTTP, in a bulk batch and in a watched folder."""
    row = next(each for each in ROWS if each.bulk)
    table = Table("way", title=f"{row.title}, by keyword: CPU per document, all threads")
    for heading in ("documents/s", *(f"{role} ms" for role in _ROLES)):
        table.add_column(heading, justify="right")
    with temporary_installation(directory) as installation:
        document = installation.trial.directory / "document.pdf"
        document.write_bytes(row.document())
        with installation.serve() as keeper:
            dropped(installation, document, documents=_WARM_UP_DOCUMENTS)
            for _ in range(rounds):
                for way, run in _ways(installation, row, document, documents, seconds).items():
                    table.add_row(way, *_measured(keeper, run))
    Console(highlight=False).print(table)


def _ways(
    installation: Installation, row: Row, document: Path, documents: int, seconds: float
) -> dict[str, Callable[[], tuple[int, float]]]:
    """What gives how many documents came back, and how many a second."""

    def singly() -> tuple[int, float]:
        burst = Burst(
            connections=_CONNECTIONS,
            warm_up=0.0,
            seconds=seconds,
            expected_per_s=_FIRST_GUESS_PER_S,
            keyword=True,
        )
        (came,) = load(installation, row, document, [burst])
        return came.total, came.completed / seconds

    def in_bulk() -> tuple[int, float]:
        bulk = bulk_batch(installation, row, document, documents=documents, keyword=True)
        return documents, bulk.per_s

    def in_the_folder() -> tuple[int, float]:
        return documents, dropped(installation, document, documents=documents).per_s

    return {"HTTP": singly, "bulk batch": in_bulk, "watched folder": in_the_folder}


def _measured(keeper: int, run: Callable[[], tuple[int, float]]) -> tuple[str, ...]:
    before = used_below(keeper)
    documents, per_s = run()
    spent = dict.fromkeys(_ROLES, 0.0)
    for pid, used in used_below(keeper).items():
        if used.role in spent:
            spent[used.role] += used.seconds - (before[pid].seconds if pid in before else 0.0)
    return (f"{per_s:,.0f}", *(f"{1000 * each / documents:.2f}" for each in spent.values()))


if __name__ == "__main__":
    typer.run(main)
