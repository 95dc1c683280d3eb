"""`make chaos`: the long form of the storm, as a table. Exits 1 when an invariant did not hold."""

import argparse
import asyncio
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.chaos.installation import install
from tests.chaos.model import Answered
from tests.chaos.run import Outcome, storm

_LIMIT = 1000


def main() -> int:
    """Run it and tell."""
    arguments = _arguments()
    out = Console()
    directory = Path(tempfile.mkdtemp(prefix="sealgate-chaos-"))
    subprocess.run(
        [sys.executable, "-m", "gateway", "init", "-d", str(directory / "template")],
        check=True,
        capture_output=True,
    )
    installation = install(directory / "template", directory / "var", per_month=_LIMIT)
    out.print(f"{arguments.kills} kills, seed {arguments.seed}, in {directory}")
    outcome = asyncio.run(
        storm(
            installation,
            directory / "client.log",
            kills=arguments.kills,
            seed=arguments.seed,
            judged=arguments.judged,
        )
    )
    table = Table(box=None, pad_edge=False, show_header=False)
    for row in _figures(outcome):
        table.add_row(*row)
    out.print(table)
    for violation in outcome.violations:
        out.print(f"[bold red]{violation.invariant}[/] {violation.what}")
    if outcome.violations:
        out.print(f"all that is left of it: {directory}")
        return 1
    shutil.rmtree(directory)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--judged", type=int, default=500, help="documents that are verified")
    return parser.parse_args()


def _figures(outcome: Outcome) -> Iterator[tuple[str, str]]:
    history = outcome.history
    answers = [each for each in history.client if isinstance(each, Answered)]
    kinds = Counter(each.kind for each in answers)
    told = ", ".join(f"{kind} {count}" for kind, count in kinds.most_common())
    sealed = [each for each in history.documents if each.state == "sealed"]
    ready = sorted(outcome.seconds_to_ready)
    yield "kill -9", ", ".join(f"{name} {count}" for name, count in outcome.kills.items())
    yield "took", f"{outcome.seconds:.0f} s"
    yield "requests", f"{len(answers)} ({told})"
    yield "keys", f"{outcome.keys}, each asked again at the end"
    yield "documents", f"{len(sealed)} sealed, {sum(d.judged == 'valid' for d in sealed)} verified"
    yield "records", f"{len(history.records)}, all recomputed"
    yield "uses of keys", f"{sum(c.data is not None for c in history.calls)} in the HSM's own log"
    if ready:
        last = ready[int(len(ready) * 0.99)]
        median = statistics.median(ready)
        yield "start to ready", f"{len(ready)} times, median {median:.2f} s, p99 {last:.2f} s"
    yield "violations", str(len(outcome.violations))


if __name__ == "__main__":
    sys.exit(main())
