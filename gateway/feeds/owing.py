"""Results of batches that came another way, brought somewhere by a connector all the same."""

from collections.abc import Callable

import msgspec

from gateway.batches.errors import DeliverToUnknownProblem
from gateway.clock import Clock
from gateway.declarations.agreement import disagreement
from gateway.feeds.model import Brought
from gateway.seals.in_force import InForce
from gateway.store.engines.lane import Transaction
from gateway.store.rows.batches import BatchRow
from gateway.store.rows.feeds import OwedRow, owe
from policies.model import Caller


class OwedResults:
    """Implements `gateway.batches.interfaces.Owing` for the connectors that it was told of."""

    def __init__(self, *, in_force: Callable[[], InForce], clock: Clock) -> None:
        self._in_force = in_force
        self._clock = clock
        self._speaks_for: dict[str, str] = {}

    def know(self, connector: str, *, speaks_for: str) -> None:
        """A connector that delivers, and its system."""
        self._speaks_for[connector] = speaks_for

    def prove(self, target: str, caller: Caller) -> None:
        """See `Owing.prove`."""
        if self._speaks_for.get(target) != caller.system:
            raise DeliverToUnknownProblem(
                f"no connector {target!r} delivers for the system {caller.system!r}"
            )
        systems = self._in_force().bundle.systems
        why = disagreement(target, speaks_for=caller.system, systems=systems)
        if why is not None:
            raise DeliverToUnknownProblem(why)

    def owe(self, transaction: Transaction, batch: BatchRow, target: str) -> None:
        """See `Owing.owe`."""
        row = OwedRow(
            target=target,
            system=batch.system,
            batch_key=batch.idempotency_key,
            source="",
            brought=msgspec.json.encode(Brought(items=(None,) * batch.items)),
            delivered=bytes(batch.items),
        )
        owe(transaction, row, at=self._clock.now())
