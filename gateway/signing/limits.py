"""Limits of rules and counters of conditions, looked at in the transaction that counts the use."""

from collections import Counter
from collections.abc import Iterable

import msgspec

from gateway.seals.in_force import InForce
from gateway.signing.counting import NOT_COUNTED, counted_before, used_by_now
from gateway.signing.guard import Use, UseRefused
from gateway.store.engines.lane import Transaction
from gateway.store.rows.charges import SlotBook
from policies.model import Allowed, Charge, Denied, Reason, SealRequest
from policies.reasons import COUNTED_MEANWHILE, LIMIT_REACHED

_OTHERWISE = Reason(
    rule=COUNTED_MEANWHILE,
    message="others were sealed while this document was prepared, and by the counters of now it is "
    "decided otherwise; send the same request again",
)


class LimitGuard:
    """Implements `gateway.signing.guard.UseGuard`."""

    def __init__(self, book: SlotBook) -> None:
        self._book = book

    def refusal(
        self,
        asked: SealRequest,  # noqa: ARG002 - the Protocol's
        in_force: InForce,  # noqa: ARG002 - the Protocol's
    ) -> Denied | None:
        """See `UseGuard`; only a transaction can tell whether a limit has room."""
        return None

    def at_intent(self, transaction: Transaction, use: Use) -> None:
        """Refuse what goes beyond a limit or is decided otherwise by now, and count the rest.

        Charges of the parts that are to follow are made with their own intents, but looked at here,
        so that no key is used where the limits have no room for the whole act. A repeat was charged
        when it was first intended.

        Raises:
            UseRefused: a charge would go beyond its limit, or a condition that reads a counter
                comes out otherwise than when it was decided: others were sealed in between.
        """
        decision = self._decided_anew(transaction, use)
        charges = decision.charges if use.first else ()
        further = (charge for each in use.further for charge in each.charges)
        reached = self._beyond(transaction, (*charges, *further))
        if reached is not None:
            raise UseRefused(Denied(bundle=decision.bundle, reasons=(_told(reached),)))
        for counter in use.counters:
            self._book.add(transaction, counter, int(use.at.timestamp()))

    def at_release(self, transaction: Transaction, use: Use) -> None:
        """See `UseGuard`; what was charged is not taken back."""

    def _decided_anew(self, transaction: Transaction, use: Use) -> Allowed:
        """The decision by the counts of this transaction.

        Raises:
            UseRefused: it is another one.
        """
        reads = use.case.reads(use.at)
        if not reads:
            return use.decision
        own = NOT_COUNTED if use.first else counted_before(transaction, use.document_id)
        used = used_by_now(self._book, transaction, reads, own)
        known = msgspec.structs.replace(use.known, used=used)
        decision = use.case.decide(use.facts, at=use.at, known=known)
        if not isinstance(decision, Allowed):
            raise UseRefused(decision)
        if decision != use.decision:
            raise UseRefused(Denied(bundle=decision.bundle, reasons=(_OTHERWISE,)))
        return decision

    def _beyond(self, transaction: Transaction, charges: Iterable[Charge]) -> Charge | None:
        """The first charge for which the ones before it leave no room."""
        before: Counter[tuple[str, int, int]] = Counter()
        for charge in charges:
            window = (charge.counter, charge.starts_at, charge.ends_at)
            used = self._book.used(
                transaction, charge.counter, starts_at=charge.starts_at, ends_at=charge.ends_at
            )
            if used + before[window] >= charge.limit:
                return charge
            before[window] += 1
        return None


def _told(charge: Charge) -> Reason:
    return Reason(
        rule=LIMIT_REACHED,
        message=f"{charge.rule} permits {charge.limit} in {charge.window}; all are used",
    )
