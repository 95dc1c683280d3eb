"""What a stretch of the past would have looked like under other policies."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec

from policies.deciding.verdicts import Verdict, deciding_rules, verdict_of
from policies.foresight.replay import Changed, PastDecision, Replaying, Undecidable, Why
from policies.reasons import DEFAULT

_EXAMPLES: Final = 5


class Example(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One of many: `record` is its audit record, `message` what these policies say of it."""

    record: int
    at: datetime
    system: str
    seal: str
    document_type: str
    message: str


class ChangedDecisions(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Decisions that would be other ones, in the same way and by the same rules.

    Attributes:
        before: what was decided.
        after: what would be.
        rules_before: that decided.
        rules_after: that would.
        count: how many.
        examples: the first few.
    """

    before: Verdict
    after: Verdict
    rules_before: tuple[str, ...]
    rules_after: tuple[str, ...]
    count: int
    examples: tuple[Example, ...]


class UndecidableDecisions(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Decisions of which nobody can tell what they would be (`policies.foresight.replay.Why`)."""

    why: Why
    missing: tuple[str, ...]
    count: int


class Simulation(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """All of it. `total` is the sum of `same` and of all counts; the most frequent come first."""

    total: int
    same: int
    changed: tuple[ChangedDecisions, ...]
    undecidable: tuple[UndecidableDecisions, ...]


_Way = tuple[Verdict, Verdict, tuple[str, ...], tuple[str, ...]]


def simulate(replaying: Replaying, pasts: Iterable[PastDecision]) -> Simulation:
    """Replay everything. It keeps no more than counts and a few examples."""
    total = same = 0
    changed: Counter[_Way] = Counter()
    examples: dict[_Way, list[Example]] = {}
    undecidable: Counter[Undecidable] = Counter()
    for past in pasts:
        total += 1
        replayed = replaying.replay(past)
        if isinstance(replayed, Undecidable):
            undecidable[replayed] += 1
        elif isinstance(replayed, Changed):
            way = _way(past, replayed)
            changed[way] += 1
            if len(few := examples.setdefault(way, [])) < _EXAMPLES:
                few.append(_example(past, replayed, replaying))
        else:
            same += 1
    return Simulation(
        total=total,
        same=same,
        changed=tuple(
            ChangedDecisions(
                before=way[0],
                after=way[1],
                rules_before=way[2],
                rules_after=way[3],
                count=count,
                examples=tuple(examples[way]),
            )
            for way, count in changed.most_common()
        ),
        undecidable=tuple(
            UndecidableDecisions(why=each.why, missing=each.missing, count=count)
            for each, count in undecidable.most_common()
        ),
    )


def _way(past: PastDecision, changed: Changed) -> _Way:
    return (
        verdict_of(past.decision),
        verdict_of(changed.decision),
        deciding_rules(past.decision),
        deciding_rules(changed.decision),
    )


def _example(past: PastDecision, changed: Changed, replaying: Replaying) -> Example:
    reasons = changed.decision.reasons
    if reasons[0].rule == DEFAULT:
        reasons = (*reasons[:1], *replaying.nearest(past)[:1])
    return Example(
        record=past.record,
        at=past.at,
        system=past.request.caller.system,
        seal=past.request.seal,
        document_type=past.request.document_type,
        message="; ".join(reason.message for reason in reasons),
    )
