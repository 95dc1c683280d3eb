"""Limits of rules, looked at in the transaction that makes the charges."""

from collections import Counter
from collections.abc import Iterable

from gateway.store.documents import charges_used
from gateway.store.lane import Transaction
from policies.model import Charge, Reason


class LimitReached(Exception):  # noqa: N818 - an answer of the store, not an error
    """A charge would go beyond its limit; raised inside the unit of work that would make it."""

    def __init__(self, charge: Charge) -> None:
        super().__init__(charge.rule)
        self.reason = Reason(
            rule="limit",
            message=f"{charge.rule} permits {charge.limit} in {charge.window}; all are used",
        )


def refuse_beyond_limits(transaction: Transaction, charges: Iterable[Charge]) -> None:
    """Look whether all of the charges together have room.

    Raises:
        LimitReached: one would go beyond its limit.
    """
    before: Counter[tuple[str, str]] = Counter()
    for charge in charges:
        used = charges_used(transaction, charge.counter, charge.window)
        if used + before[charge.counter, charge.window] >= charge.limit:
            raise LimitReached(charge)
        before[charge.counter, charge.window] += 1
