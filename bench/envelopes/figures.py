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
    """See `EventFigures`, `PairFigures` and `IdleFigures`.

    Attributes:
        events: one network process.
        pairs: two companies whose policies read the text of each contract, as the trial's do.
        unread_pairs: the same with policies that ask for nothing that a contract says.
        idle: organisations that wait.
    """

    events: EventFigures
    pairs: PairFigures
    unread_pairs: PairFigures | None = None
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
            unread_pairs=measure_pairs(
                here / "unread-pairs",
                per_s=_PER_S,
                seconds=3 * seconds,
                warm_up=2 * warm_up,
                reads=False,
            ),
            idle=measure_idle(here / "idle", organisations=organisations, seconds=2 * seconds),
        )


def told(figures: EnvelopeFigures) -> str:
    """In a few sentences, a line each."""
    events, idle = figures.events, figures.idle
    network = (
        f"A network on one core: {events.events_per_s:,.0f} envelope events/s "
        f"({events.envelopes_per_s:,.0f} envelopes/s)"
    )
    lines = [network, _of_pairs("Two companies", figures.pairs)]
    if figures.unread_pairs is not None:
        lines.append(_of_pairs("The same, whose policies read nothing", figures.unread_pairs))
    lines.append(
        f"{idle.organisations:,} organisations that wait: {idle.memory_mib:,.0f} MiB, "
        f"{idle.idle_cores:.3f} of a core"
    )
    return "\n".join(lines)


def _of_pairs(who: str, pairs: PairFigures) -> str:
    return (
        f"{who}, {pairs.per_s:g} envelopes/s: signed by both after "
        f"{pairs.completed_p50_s:.2f} s (p95 {pairs.completed_p95_s:.2f} s), the whole record at "
        f"both after {pairs.done_p50_s:.2f} s (p95 {pairs.done_p95_s:.2f} s), "
        f"{pairs.cpu_ms:.0f} ms of CPU each, told to come again {pairs.refused:,} times"
    )
