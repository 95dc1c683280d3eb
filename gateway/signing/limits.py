"""Limits of rules, looked at in the transaction that makes the charges."""

from collections import Counter
from collections.abc import Iterable

from gateway.seals.in_force import InForce
from gateway.signing.guard import Use, UseRefused
from gateway.store.charges import add_charge, charges_used
from gateway.store.lane import Transaction
from policies.model import Charge, Denied, Reason, SealRequest


class LimitGuard:
    """Implements `gateway.signing.guard.UseGuard`."""

    def refusal(
        self,
        asked: SealRequest,  # noqa: ARG002 - the Protocol's
        in_force: InForce,  # noqa: ARG002 - the Protocol's
    ) -> Denied | None:
        """See `UseGuard`; only a transaction can tell whether a limit has room."""
        return None

    def at_intent(self, transaction: Transaction, use: Use) -> None:
        """Refuse what goes beyond a limit, and charge the rest.

        Charges of the parts that are to follow are made with their own intents, but looked at here,
        so that no key is used where the limits have no room for the whole act. A repeat was charged
        when it was first intended.

        Raises:
            UseRefused: a charge would go beyond its limit.
        """
        charges = use.decision.charges if use.first else ()
        further = (charge for each in use.further for charge in each.charges)
        reached = _beyond(transaction, (*charges, *further))
        if reached is not None:
            raise UseRefused(Denied(bundle=use.decision.bundle, reasons=(_told(reached),)))
        # An hour's and a day's limit of one rule share a counter: they are one use.
        for counter in dict.fromkeys(charge.counter for charge in charges):
            add_charge(transaction, counter, int(use.at.timestamp()))

    def at_release(self, transaction: Transaction, use: Use) -> None:
        """See `UseGuard`; what was charged is not taken back."""


def _beyond(transaction: Transaction, charges: Iterable[Charge]) -> Charge | None:
    """The first charge for which the ones before it leave no room."""
    before: Counter[tuple[str, int, int]] = Counter()
    for charge in charges:
        window = (charge.counter, charge.starts_at, charge.ends_at)
        used = charges_used(
            transaction, charge.counter, starts_at=charge.starts_at, ends_at=charge.ends_at
        )
        if used + before[window] >= charge.limit:
            return charge
        before[window] += 1
    return None


def _told(charge: Charge) -> Reason:
    return Reason(
        rule="limit",
        message=f"{charge.rule} permits {charge.limit} in {charge.window}; all are used",
    )
