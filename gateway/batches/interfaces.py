"""What batches ask of the rooms around them."""

from collections.abc import Sequence
from typing import Protocol

from gateway.returns.model import Event
from gateway.store.lane import Transaction


class Outbox(Protocol):
    """Where what is owed to others is written."""

    def put(self, transaction: Transaction, events: Sequence[Event]) -> None:
        """Write them (`later`) in a transaction; called on the writer lane's thread."""
        ...
