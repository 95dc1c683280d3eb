"""What this room asks of the room above."""

from typing import Protocol

from gateway.store.engines.lane import Transaction
from gateway.store.rows.batches import BatchRow
from policies.model import Caller


class Owing(Protocol):
    """Knows the places that results can be brought to, and writes down what is owed to them."""

    def prove(self, target: str, caller: Caller) -> None:
        """Look whether the results of a caller's batch may go there.

        Raises:
            DeliverToUnknownProblem: nothing of that name speaks for the caller's system.
        """
        ...

    def owe(self, transaction: Transaction, batch: BatchRow, target: str) -> None:
        """Owe the results of a batch that opens; called on the writer lane's thread."""
        ...
