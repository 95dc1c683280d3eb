"""How often something was used, in slots of fifteen minutes UTC.

A window of a limit is a sum of slots (`policies.conditions.windows`), so one row serves every
window and zone.
"""

from collections.abc import Mapping
from typing import cast

from sqlalchemy import bindparam, func, select

from gateway.store.engines.lane import Transaction
from gateway.store.engines.statements import Row, RowStatement
from gateway.store.engines.upserts import upsert
from gateway.store.schema import charge_slot
from policies.conditions.windows import SLOT_SECONDS

_MOST_COUNTERS = 10_000
_MOST_WINDOWS = 16

_Span = tuple[int, int]
"""The first slot of a window, and the first one after it."""


def _together(earlier: Row, later: Row) -> Row:
    counter, slot, used = later
    return counter, slot, cast("int", used) + cast("int", earlier[2])


_new = upsert(charge_slot)
_add = RowStatement(
    _new.on_conflict_do_update(
        index_elements=[charge_slot.c.counter, charge_slot.c.slot],
        set_={"used": charge_slot.c.used + _new.excluded.used},
    ),
    "counter",
    "slot",
    "used",
    key=2,
    merged=_together,
)
_used = select(func.coalesce(func.sum(charge_slot.c.used), 0)).where(
    charge_slot.c.counter == bindparam("counter"),
    charge_slot.c.slot >= bindparam("first"),
    charge_slot.c.slot < bindparam("end"),
)


class SlotBook:
    """Counts uses, exactly. On the writer lane's thread only, and one book a database.

    Sums that were asked for are kept, so that a limit costs no query: a month has 2,976 slots. They
    follow what is committed, and all of them are forgotten when it is uncertain whether something
    was.
    """

    def __init__(self) -> None:
        self._sums: dict[str, dict[_Span, int]] = {}
        self._uncertain: Transaction | None = None

    def used(self, transaction: Transaction, counter: str, *, starts_at: int, ends_at: int) -> int:
        """How often the counter was charged in the window, this transaction's charges included.

        `starts_at` and `ends_at` are Unix seconds, each at the edge of a slot.
        """
        span = (starts_at // SLOT_SECONDS, ends_at // SLOT_SECONDS)
        pending = self._pending(transaction, counter)
        return self._durable(transaction, counter, span) + _within(span, pending)

    def add(self, transaction: Transaction, counter: str, at: int) -> None:
        """Charge the counter once, at a moment in Unix seconds."""
        slot = at // SLOT_SECONDS
        pending = self._pending(transaction, counter)
        # A new mapping, because a unit that raises must leave the old one as it was.
        transaction.state[self, counter] = {**pending, slot: pending.get(slot, 0) + 1}
        transaction.later(_add, (counter, slot, 1))
        transaction.after_commit(self._grow, (counter, slot))
        self._look_at(transaction)
        self._uncertain = transaction

    def follow(self, transaction: Transaction) -> None:  # noqa: ARG002 - the Protocol's
        """See `gateway.store.engines.lane.Follower`: other nodes may have counted."""
        self._sums, self._uncertain = {}, None

    def _pending(self, transaction: Transaction, counter: str) -> Mapping[int, int]:
        found: Mapping[int, int] = transaction.state.get((self, counter), {})
        return found

    def _durable(self, transaction: Transaction, counter: str, span: _Span) -> int:
        self._look_at(transaction)
        if span in (sums := self._sums.get(counter, {})):
            return sums[span]
        first, end = span
        # What this transaction has charged is written when it ends, so it is not in here.
        used: int = transaction.connection.execute(
            _used, {"counter": counter, "first": first, "end": end}
        ).scalar_one()
        if len(sums) >= _MOST_WINDOWS:  # most of them are over
            sums = {}
        if len(self._sums) >= _MOST_COUNTERS:
            self._sums = {}
        self._sums[counter] = {**sums, span: used}
        return used

    def _look_at(self, transaction: Transaction) -> None:
        # The commit of an earlier one was never heard of: it failed, perhaps after the disk had it.
        if self._uncertain is not None and self._uncertain is not transaction:
            self._sums, self._uncertain = {}, None

    def _grow(self, charges: list[tuple[str, int]]) -> None:
        for counter, slot in charges:
            sums = self._sums.get(counter, {})
            for span in sums:
                sums[span] += _within(span, {slot: 1})
        self._uncertain = None


def _within(span: _Span, charges: Mapping[int, int]) -> int:
    first, end = span
    return sum(used for slot, used in charges.items() if first <= slot < end)
