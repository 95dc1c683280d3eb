"""Read what was decided, on a connection that cannot write and beside the one that does."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Engine, func, select

from gateway.history.keeping import unpacked
from gateway.store.engines.moments import microseconds
from gateway.store.schema import decision
from policies.foresight.replay import PastDecision

# Between two pages nothing is held open, so the writer's log can be folded back meanwhile.
_PAGE: Final = 500


class DecisionReader:
    """Reads the history. `engine` is one of `gateway.store.engines.database.open_reader`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def between(self, since: datetime, until: datetime) -> Iterator[PastDecision]:
        """What was decided from `since` until before `until`, in the order of the records."""
        last = -1
        while True:
            with self._engine.connect() as connection:
                rows = connection.execute(
                    select(decision.c.id, decision.c.kept)
                    .where(decision.c.id > last)
                    .where(decision.c.at >= microseconds(since))
                    .where(decision.c.at < microseconds(until))
                    .order_by(decision.c.id)
                    .limit(_PAGE)
                ).all()
            for row in rows:
                yield _past(row.kept)
            if len(rows) < _PAGE:
                return
            last = rows[-1].id

    def of_record(self, audit_index: int) -> tuple[PastDecision, ...]:
        """The decisions that an audit record tells: of an act that was refused perhaps several."""
        with self._engine.connect() as connection:
            first = _first_from(connection, audit_index)
            if first is None:
                return ()
            rows = connection.execute(
                select(decision.c.kept)
                .where(decision.c.id >= first)
                .where(decision.c.audit_index == audit_index)
                .where(decision.c.id < first + _PAGE)
                .order_by(decision.c.id)
            ).all()
        return tuple(_past(row.kept) for row in rows)


def _first_from(connection: Connection, audit_index: int) -> int | None:
    """The first row of this record or a later one.

    Rows and records are written in the same order, so halving finds it without an index.
    """
    ends = connection.execute(select(func.min(decision.c.id), func.max(decision.c.id))).one()
    if ends[0] is None:
        return None
    low, high = int(ends[0]), int(ends[1])
    while low < high:
        middle = (low + high) // 2
        found = connection.execute(
            select(decision.c.audit_index)
            .where(decision.c.id <= middle)
            .order_by(decision.c.id.desc())
            .limit(1)
        ).scalar_one()
        if found < audit_index:
            low = middle + 1
        else:
            high = middle
    return low


def _past(packed: bytes) -> PastDecision:
    kept = unpacked(packed)
    return PastDecision(
        record=kept.audit_index,
        at=kept.at,
        request=kept.request,
        facts=kept.facts,
        known=kept.known,
        decision=kept.decision,
        stopped=kept.stopped,
    )
