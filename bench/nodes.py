"""Two gateway nodes on one PostgreSQL against one: `python -m bench.nodes`.

A signature of a network HSM takes its time whatever the machine does, so a small shim in front of
SoftHSM makes each take longer, and each node has one session: what a second node adds is a session.
All of it, both nodes, server and load, shares the cores of this machine.
"""

import json
import re
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from bench.errors import BenchError
from bench.gateway_rate import Burst, task_for
from bench.installation import Installation, temporary_installation, with_port
from bench.load import Load
from bench.measuring import measure
from bench.rows import ROWS, Row
from gateway.cli.trial.installation import Trial
from tests.hsm_shim.shim import HSMShim
from tests.postgres_server import free_port, running_server

_SIGNATURE_MS = 5.0
_SESSIONS = 1
_CONNECTIONS = 16


class NodeFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What a second node is worth; rates are medians of the rounds, in documents a second.

    Attributes:
        signature_ms: what the shim adds to each signature.
        sessions: of each node.
        one_per_s: through one node.
        two_per_s: through both at once.
        times: the second divided by the first.
        documents: that came back in all, each found in the one audit log.
    """

    signature_ms: float
    sessions: int
    one_per_s: float
    two_per_s: float
    times: float
    rounds: int
    seconds: float
    documents: int


def measure_nodes(directory: Path, *, seconds: float, rounds: int, warm_up: float) -> NodeFigures:
    """Load one node, then both, round after round, on one database.

    Raises:
        BenchError: a document was refused, or the log does not have exactly what came back.
    """
    row = ROWS[0]
    with ExitStack() as stack:
        first = stack.enter_context(temporary_installation(directory))
        shim = _slow(first)
        second = stack.enter_context(_copy_of(first))
        server = stack.enter_context(running_server(fsync="on"))
        documents, url = first.trial.directory / "documents", server.database().url
        for number, node in enumerate((first, second), 1):
            _on(node, url, f"seal-{number}", documents)
        document = first.trial.directory / f"{row.name}.pdf"
        document.write_bytes(row.document())
        for node in (first, second):
            stack.enter_context(node.serve())
        shim.delay(_SIGNATURE_MS)
        burst = Burst(
            connections=_CONNECTIONS, warm_up=warm_up, seconds=seconds, expected_per_s=1000.0
        )
        one: list[float] = []
        two: list[float] = []
        total = 0
        for _ in range(rounds):
            for nodes, rates in (((first,), one), ((first, second), two)):
                loads = _load(nodes, row, document, burst)
                rates.append(sum(each.completed for each in loads) / seconds)
                total += sum(each.total for each in loads)
        _check(first, total)
    least, most = statistics.median(one), statistics.median(two)
    return NodeFigures(
        signature_ms=_SIGNATURE_MS,
        sessions=_SESSIONS,
        one_per_s=round(least, 1),
        two_per_s=round(most, 1),
        times=round(most / least, 2),
        rounds=rounds,
        seconds=seconds,
        documents=total,
    )


def told(figures: NodeFigures) -> str:
    """In a sentence."""
    return (
        f"Two nodes on one PostgreSQL, {figures.signature_ms:g} ms a signature, "
        f"{figures.sessions} session each: {figures.two_per_s:,.0f} documents/s against "
        f"{figures.one_per_s:,.0f} through one, {figures.times:.2f} times"
    )


def _load(nodes: Sequence[Installation], row: Row, document: Path, burst: Burst) -> list[Load]:
    requests = int(burst.expected_per_s * (burst.warm_up + burst.seconds))
    tasks = [task_for(node, row, document, burst, requests=requests) for node in nodes]
    loads = measure("bench.load", tasks, Load)
    if any(each.used_up or not each.completed for each in loads):
        raise BenchError("a node gave nothing, or more than was prepared for it")
    return loads


def _check(node: Installation, documents: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "audit", "verify", "--json", "-c", str(node.config_file)],
        capture_output=True,
        check=False,
    )
    verdict = json.loads(done.stdout)
    if not verdict["whole"] or verdict["sealed"] != documents:
        raise BenchError(f"{documents} documents came back, and the log says: {verdict}")


def _slow(installation: Installation) -> HSMShim:
    """Put the shim in front of the token."""
    text = installation.config_file.read_text(encoding="utf-8")
    module = re.search(r"^  module: (\S+)$", text, flags=re.MULTILINE)
    if module is None:
        raise BenchError("the trial's config.yaml names no module")
    shim = HSMShim(installation.trial.directory / "shim", module=Path(module[1]))
    more = "".join(f"    {name}: {path}\n" for name, path in shim.environment.items())
    text = text.replace(f"module: {module[1]}", f"module: {shim.module}")
    text = re.sub(r"^  (sessions|self_test_seconds): .*\n", "", text, flags=re.MULTILINE)
    text = re.sub(
        r"(    SOFTHSM2_CONF: .*\n)",
        rf"\g<1>{more}  sessions: {_SESSIONS}\n  self_test_seconds: 0\n",
        text,
    )
    installation.config_file.write_text(text, encoding="utf-8")
    return shim


@contextmanager
def _copy_of(first: Installation) -> Iterator[Installation]:
    """Another node: the same token, keys and policies, a state and a port of its own."""
    here = first.trial.directory
    there = here.with_name(f"{here.name}-two")
    shutil.copytree(here, there, ignore=shutil.ignore_patterns("samples", "shim", "tokens"))
    try:
        trial, port = Trial(there), free_port()
        text = trial.config_file.read_text(encoding="utf-8").replace(str(here), str(there))
        for shared in ("shim", "hsm"):
            text = text.replace(f"{there}/{shared}", f"{here}/{shared}")
        trial.config_file.write_text(with_port(text, port), encoding="utf-8")
        yield Installation(trial, port=port)
    finally:
        shutil.rmtree(there)


def _on(node: Installation, url: str, name: str, documents: Path) -> None:
    text = node.config_file.read_text(encoding="utf-8")
    store = f"store: {{url: '{url}', node: {name}, documents: '{documents}'}}\n"
    node.config_file.write_text(store + text, encoding="utf-8")


def main(
    seconds: Annotated[float, typer.Option(min=1, help="Of each measurement.")] = 8.0,
    rounds: Annotated[int, typer.Option(min=1, help="How often each is measured.")] = 3,
    directory: Annotated[
        Path, typer.Option(help="Where the installations go: on the disk to be measured.")
    ] = Path(__file__).parent.parent / "var",
) -> None:
    """Measure one node and two on one database."""
    try:
        figures = measure_nodes(directory, seconds=seconds, rounds=rounds, warm_up=2.0)
    except BenchError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error
    typer.echo(told(figures))
    typer.echo(msgspec.json.format(msgspec.json.encode(figures), indent=2).decode())


if __name__ == "__main__":
    typer.run(main)
