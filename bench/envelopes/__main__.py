"""`python -m bench.envelopes`: envelopes alone."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from bench.envelopes.figures import measure_envelopes, told
from bench.errors import BenchError


def main(
    seconds: Annotated[float, typer.Option(min=1, help="Of each measurement.")] = 10.0,
    rounds: Annotated[int, typer.Option(min=1, help="How often events are measured.")] = 3,
    organisations: Annotated[int, typer.Option(min=1, help="That wait.")] = 10_000,
    directory: Annotated[
        Path, typer.Option(help="Where the installations go: on the disk to be measured.")
    ] = Path(__file__).parents[2] / "var",
) -> None:
    """Measure what a network carries, how soon two companies are done, what those who wait cost."""
    try:
        figures = measure_envelopes(
            directory, seconds=seconds, rounds=rounds, warm_up=2.0, organisations=organisations
        )
    except BenchError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error
    typer.echo(told(figures))
    typer.echo(msgspec.json.format(msgspec.json.encode(figures), indent=2).decode())


if __name__ == "__main__":
    typer.run(main)
