"""All that is measured of envelopes, one part after the other."""

import tempfile
from pathlib import Path

import msgspec

from bench.envelopes.events import EventFigures, measure_events
from bench.envelopes.idle import IdleFigures, measure_idle
from bench.envelopes.pairs import PairFigures, measure_pairs

_PER_S = 20.0
_ORGANISATIONS = 10_000


class EnvelopeFigures(msgspec.Struct, frozen=True, kw_only=True):
    """See `EventFigures`, `PairFigures` and `IdleFigures`."""

    events: EventFigures
    pairs: PairFigures
    idle: IdleFigures


def measure_envelopes(
    directory: Path,
    *,
    seconds: float,
    rounds: int,
    warm_up: float,
    organisations: int = _ORGANISATIONS,
) -> EnvelopeFigures:
    """Measure what a network carries, how soon two companies are done, what those who wait cost.

    Raises:
        BenchError: something was not as it should be.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory, prefix="bench-envelopes-") as made:
        here = Path(made)
        return EnvelopeFigures(
            events=measure_events(here / "events", seconds=seconds, rounds=rounds, warm_up=warm_up),
            pairs=measure_pairs(
                here / "pairs", per_s=_PER_S, seconds=3 * seconds, warm_up=2 * warm_up
            ),
            idle=measure_idle(here / "idle", organisations=organisations, seconds=2 * seconds),
        )


def told(figures: EnvelopeFigures) -> str:
    """In three sentences, a line each."""
    events, pairs, idle = figures.events, figures.pairs, figures.idle
    return (
        f"A network on one core: {events.events_per_s:,.0f} envelope events/s "
        f"({events.envelopes_per_s:,.0f} envelopes/s)\n"
        f"Two companies, {pairs.per_s:g} envelopes/s: signed by both after "
        f"{pairs.completed_p50_s:.2f} s (p95 {pairs.completed_p95_s:.2f} s), the whole record at "
        f"both after {pairs.done_p50_s:.2f} s (p95 {pairs.done_p95_s:.2f} s), "
        f"{pairs.cpu_ms:.0f} ms of CPU each, told to come again {pairs.refused:,} times\n"
        f"{idle.organisations:,} organisations that wait: {idle.memory_mib:,.0f} MiB, "
        f"{idle.idle_cores:.3f} of a core"
    )
