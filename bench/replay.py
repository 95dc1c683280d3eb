"""`python -m bench.replay`: seeing before doing, in a large group with a past."""

import asyncio
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final, TypeVar

import msgspec
from rich.console import Console

from bench.errors import BenchError
from bench.policy_group import AT, Asked, asked, group_of, with_a_forbid
from gateway.clock import SystemClock
from gateway.history.keeping import DecisionHistory
from gateway.history.reading import DecisionReader
from gateway.signing.guard import KeptDecision
from gateway.store.engines.database import open_reader, open_writer
from gateway.store.engines.lane import Transaction, WriterLane
from gateway.store.files.content import ContentStore
from gateway.store.migrating import migrate
from policies.bundle import Bundle
from policies.engine import CELPolicyEngine
from policies.foresight.analysis import notes
from policies.foresight.difference import difference
from policies.foresight.replay import Replaying
from policies.foresight.simulation import simulate
from policies.model import NOTHING_KNOWN

_COMPANIES: Final = 1_000
_SEALS: Final = 5_000
_RULES: Final = 20_000
_DECISIONS: Final = 10_000
_AT_ONCE: Final = 500
T = TypeVar("T")


class ReplayFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What it takes to look before one acts.

    Attributes:
        seals: of the group.
        rules: of all its policies.
        decisions: that were kept.
        kept_bytes: of one of them in the database, on average.
        replay_s: to read all from the database and decide them by other policies, with the report;
            the engine is ready before.
        difference_s: to compare the two bundles, for every principal, seal and document type.
        notes_s: to find what may be meant otherwise in the whole group.
    """

    seals: int
    rules: int
    decisions: int
    kept_bytes: int
    replay_s: float
    difference_s: float
    notes_s: float


def measure_replay(
    *,
    companies: int = _COMPANIES,
    seals: int = _SEALS,
    rules: int = _RULES,
    decisions: int = _DECISIONS,
) -> ReplayFigures:
    """Keep decisions, and try a further forbid on them.

    Raises:
        BenchError: the simulation does not find exactly what the forbid would have refused.
    """
    old = group_of(companies=companies, seals=seals, rules=rules)
    new = with_a_forbid(old)
    requests = list(asked(old, decisions))
    engine = CELPolicyEngine(new)
    with tempfile.TemporaryDirectory() as directory:
        size = asyncio.run(_keep(Path(directory), old, requests))
        replay_s = _replayed(Path(directory), Replaying(new, engine), requests)
    changes, difference_s = _timed(lambda: difference(old, new, at=AT).changes)
    if not changes:
        raise BenchError("the forbid is missing in the difference")
    _, notes_s = _timed(lambda: notes(old, at=AT))
    return ReplayFigures(
        seals=len(old.seals),
        rules=sum(len(each.permit) + len(each.forbid) for each in old.policies.values()),
        decisions=decisions,
        kept_bytes=size // decisions,
        replay_s=round(replay_s, 2),
        difference_s=round(difference_s, 2),
        notes_s=round(notes_s, 2),
    )


def told(figures: ReplayFigures) -> str:
    """The figures in a line."""
    return (
        f"Seeing before doing, {figures.seals:,} seals and {figures.rules:,} rules: "
        f"{figures.decisions:,} recorded decisions replayed in {figures.replay_s:.2f} s "
        f"({figures.kept_bytes} bytes each), two bundles compared in {figures.difference_s:.2f} s, "
        f"notes found in {figures.notes_s:.2f} s"
    )


async def _keep(directory: Path, bundle: Bundle, requests: Sequence[Asked]) -> int:
    """Write the decisions as the gateway does; gives how many bytes they take."""
    writer = open_writer(directory / "bench.sqlite")
    migrate(writer)
    writer.dispose()  # the tables themselves, now in the file, are no decision's
    writer = open_writer(directory / "bench.sqlite")
    engine, history = CELPolicyEngine(bundle), DecisionHistory()
    content = ContentStore(directory / "documents", clock=SystemClock())
    async with WriterLane(writer, content) as lane:
        before = (directory / "bench.sqlite").stat().st_size
        for start in range(0, len(requests), _AT_ONCE):

            def unit(transaction: Transaction, start: int = start) -> None:
                for number, each in enumerate(requests[start : start + _AT_ONCE], start=start):
                    history.keep(transaction, _kept(each, number, engine))

            await lane.write(unit)
    writer.dispose()
    return (directory / "bench.sqlite").stat().st_size - before


def _kept(each: Asked, number: int, engine: CELPolicyEngine) -> KeptDecision:
    return KeptDecision(
        at=AT + timedelta(seconds=number),
        audit_index=number,
        request=each.request,
        facts=each.facts,
        known=NOTHING_KNOWN,
        decision=engine.decide(each.request, each.facts, at=AT),
    )


def _replayed(directory: Path, replaying: Replaying, requests: Sequence[Asked]) -> float:
    reader = open_reader(directory / "bench.sqlite")
    since, until = AT, AT + timedelta(seconds=len(requests))
    past = DecisionReader(reader)
    found, seconds = _timed(lambda: simulate(replaying, past.between(since, until)))
    reader.dispose()
    expected = sum(each.expected == "allowed" and each.facts.pages > 2 for each in requests)  # noqa: PLR2004 - as the forbid says
    changed = sum(each.count for each in found.changed)
    if (found.total, changed) != (len(requests), expected) or found.undecidable:
        raise BenchError(f"of {len(requests)} decisions {expected} should change: {found}")
    return seconds


def _timed(call: Callable[[], T]) -> tuple[T, float]:
    began = time.perf_counter()
    found = call()
    return found, time.perf_counter() - began


if __name__ == "__main__":
    Console(highlight=False).print(told(measure_replay()), soft_wrap=True)
