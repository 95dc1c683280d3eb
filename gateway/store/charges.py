"""How often what is limited was used, in slots of fifteen minutes UTC.

A window of a limit is a sum of slots (`policies.windows`), so one row serves every window and zone.
"""

from collections.abc import Mapping

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.sqlite import insert as upsert

from gateway.store.lane import Transaction
from gateway.store.schema import charge_slot
from gateway.store.statements import RowStatement
from policies.windows import SLOT_SECONDS

_add = RowStatement(
    upsert(charge_slot).on_conflict_do_update(
        index_elements=[charge_slot.c.counter, charge_slot.c.slot],
        set_={"used": charge_slot.c.used + 1},
    ),
    "counter",
    "slot",
    "used",
)
_used = select(func.coalesce(func.sum(charge_slot.c.used), 0)).where(
    charge_slot.c.counter == bindparam("counter"),
    charge_slot.c.slot >= bindparam("first"),
    charge_slot.c.slot < bindparam("end"),
)


def charges_used(transaction: Transaction, counter: str, *, starts_at: int, ends_at: int) -> int:
    """How often the counter was charged in the window, this transaction's charges included.

    `starts_at` and `ends_at` are Unix seconds, each at the edge of a slot.
    """
    first, end = starts_at // SLOT_SECONDS, ends_at // SLOT_SECONDS
    durable: int = transaction.connection.execute(
        _used, {"counter": counter, "first": first, "end": end}
    ).scalar_one()
    return durable + sum(
        used for slot, used in _pending(transaction, counter).items() if first <= slot < end
    )


def add_charge(transaction: Transaction, counter: str, at: int) -> None:
    """Charge the counter once, at a moment in Unix seconds."""
    slot = at // SLOT_SECONDS
    pending = _pending(transaction, counter)
    # A new mapping, because a unit that raises must leave the old one as it was.
    transaction.state[_add, counter] = {**pending, slot: pending.get(slot, 0) + 1}
    transaction.later(_add, (counter, slot, 1))


def _pending(transaction: Transaction, counter: str) -> Mapping[int, int]:
    found: Mapping[int, int] = transaction.state.get((_add, counter), {})
    return found
