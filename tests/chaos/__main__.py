"""`make chaos`: every fault in its long form, as a table. Exits 1 when an invariant is broken."""

import argparse
import asyncio
import logging
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import structlog
from rich.console import Console
from rich.table import Table

from tests.chaos.envelopes.outage import endure_outage
from tests.chaos.envelopes.run import envelope_storm
from tests.chaos.envelopes.town import found as found_town
from tests.chaos.faults import Recovery
from tests.chaos.installation import install
from tests.chaos.model import Answered, Violation
from tests.chaos.run import Outcome, fail_over, storm
from tests.chaos.run_faults import HSMTerms, endure
from tests.postgres_server import running_pair

_Told = tuple[Iterable[tuple[str, str]], list[Violation]]

_LIMIT = 1000
_HSM = HSMTerms(sessions=16, deadline_seconds=5, reload_seconds=30)
_LATENCY = (20.0, 500.0)
_DOCUMENTS = 1000
_ENVELOPES = 5000
_ONE_ENVELOPE_KILL_OF = 3
"""Kills of the storm of documents, to one of the storm of envelopes, which has three to start."""


def main() -> int:
    """Run it and tell."""
    arguments = _arguments()
    out = Console()
    # What runs in this process logs each request; writing that down would be most of its time.
    quiet = structlog.make_filtering_bound_logger(logging.WARNING)
    structlog.configure(wrapper_class=quiet)
    directory = Path(tempfile.mkdtemp(prefix="sealgate-chaos-"))
    subprocess.run(
        [sys.executable, "-m", "gateway", "init", "-d", str(directory / "template")],
        check=True,
        capture_output=True,
    )
    out.print(f"{arguments.kills} kills, seed {arguments.seed}, in {directory}")
    found: list[Violation] = []
    for name in arguments.only or _PARTS:
        figures, violations = _PARTS[name](directory, arguments)
        found += violations
        table = Table(box=None, pad_edge=False, show_header=False)
        for row in figures:
            table.add_row(*row)
        out.print(table)
    for violation in found:
        out.print(f"[bold red]{violation.invariant}[/] {violation.what}")
    out.print(f"violations: {len(found)}")
    if found:
        out.print(f"all that is left of it: {directory}")
        return 1
    shutil.rmtree(directory)
    return 0


def _storm(directory: Path, arguments: argparse.Namespace) -> _Told:
    installation = install(directory / "template", directory / "storm", per_month=_LIMIT)
    running = storm(
        installation,
        directory / "storm.log",
        kills=arguments.kills,
        longest_seconds=arguments.seconds,
        seed=arguments.seed,
        judged=arguments.judged,
    )
    outcome = asyncio.run(running)
    return _figures(outcome), outcome.violations


def _faults(directory: Path, _arguments: argparse.Namespace) -> _Told:
    installation = install(directory / "template", directory / "faults", hsm=_HSM.configured())
    running = endure(
        installation,
        directory / "faults.log",
        documents=_DOCUMENTS,
        milliseconds=_LATENCY,
        mebibytes=1024,
    )
    came = asyncio.run(running)
    bound = _HSM.sessions / (sum(_LATENCY) / 2000)
    rate = f"{came.documents_per_second:.1f} documents/s, sessions allow {bound:.1f}"
    told = [
        ("HSM errors 5 %", f"{came.sealed_under_errors} of {_DOCUMENTS} sealed, 2 % are forbidden"),
        ("HSM latency 20-500 ms", rate),
        ("HSM hangs", _told(came.hang)),
        ("token removed", _told(came.removal)),
    ]
    if came.disks is None:
        told.append(("disk full", "NOT RUN: it takes root with CAP_SYS_ADMIN"))
    else:
        told += [
            ("disk full: documents", _told(came.disks.documents)),
            ("disk full: database", _told(came.disks.database)),
            ("disk full: tree heads", f"{came.disks.sealed_without_heads} documents sealed"),
        ]
    return told, came.violations


def _failover(directory: Path, _arguments: argparse.Namespace) -> _Told:
    with running_pair() as pair:
        installation = install(directory / "template", directory / "nodes", database=pair.url())
        came = asyncio.run(fail_over(installation, pair, directory / "failover.log"))
    what = f"sealed again {came.seconds:.2f} s after the promotion, {came.keys} keys answered"
    return [("PostgreSQL failover", what)], came.violations


def _outage(directory: Path, _arguments: argparse.Namespace) -> _Told:
    (directory / "outage").mkdir()
    came = asyncio.run(endure_outage(directory / "outage", envelopes=_ENVELOPES))
    rate = came.envelopes / came.seconds
    what = f"{came.envelopes} envelopes ended {came.seconds:.0f} s after its return, {rate:.1f}/s"
    violations = [Violation("E1", fault) for fault in came.faults]
    return [("network away for 8 h", what)], violations


def _envelopes(directory: Path, arguments: argparse.Namespace) -> _Told:
    (directory / "town").mkdir()
    running = envelope_storm(
        found_town(directory / "town"),
        directory / "envelopes.log",
        kills=max(1, arguments.kills // _ONE_ENVELOPE_KILL_OF),
        longest_seconds=arguments.seconds,
        seed=arguments.seed,
    )
    came = asyncio.run(running)
    kills = ", ".join(f"{name} {count}" for name, count in came.kills.items())
    statuses = Counter(
        each.status for each in next(iter(came.history.companies.values())).told.values()
    )
    ended = ", ".join(f"{status} {count}" for status, count in statuses.most_common())
    told = [
        ("kill -9, companies and network", kills),
        ("took", f"{came.seconds:.0f} s, and {came.settled_seconds:.0f} s until all had ended"),
        ("envelopes", f"{came.envelopes} ({ended})"),
        ("SoftHSM's tokens torn", f"{came.tokens_mended} times, and put back"),
    ]
    return told, came.violations


def _told(recovery: Recovery) -> str:
    told = [f"right again after {recovery.recovered:.2f} s"]
    if recovery.noticed is not None:
        told.insert(0, f"noticed after {recovery.noticed:.2f} s")
    if recovery.refused:
        told.append(
            f"{recovery.refused} told to come again within {recovery.slowest_refusal:.2f} s"
        )
    return ", ".join(told)


_PARTS: Mapping[str, Callable[[Path, argparse.Namespace], _Told]] = {
    "faults": _faults,
    "failover": _failover,
    "outage": _outage,
    "envelopes": _envelopes,
    "documents": _storm,
}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=7200, help="kill no longer than this")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="append", choices=_PARTS, help="may be repeated")
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
    yield "SoftHSM's token torn", f"{outcome.tokens_mended} times, and put back"
    yield "requests", f"{len(answers)} ({told})"
    yield "keys", f"{outcome.keys}, each asked again at the end"
    lines = Counter(line.state for batch in history.batches for line in batch.lines)
    of_lines = ", ".join(f"{state} {count}" for state, count in lines.most_common())
    yield "batches", f"{len(history.batches)}, with {lines.total()} results ({of_lines})"
    if history.folder is not None:
        files = Counter(line.state for line in history.folder.lines)
        of_files = ", ".join(f"{state} {count}" for state, count in files.most_common())
        yield "watched folder", f"{len(history.folder.dropped)} files dropped ({of_files})"
    yield "documents", f"{len(sealed)} sealed, {sum(d.judged == 'valid' for d in sealed)} verified"
    yield "records", f"{len(history.records)}, all recomputed"
    yield "uses of keys", f"{sum(c.data is not None for c in history.calls)} in the HSM's own log"
    if ready:
        last = ready[int(len(ready) * 0.99)]
        median = statistics.median(ready)
        yield "start to ready", f"{len(ready)} times, median {median:.2f} s, p99 {last:.2f} s"


if __name__ == "__main__":
    sys.exit(main())
