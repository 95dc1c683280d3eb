"""What the rooms above ask of this one."""

from typing import Protocol

from gateway.returns.model import Event
from gateway.store.lane import Transaction


class EventOutbox(Protocol):
    """Where events are put that others have asked to be told.

    Promise: what was put in a transaction that commits is delivered to every target that wants it,
    until the target takes it, refuses it for good or its time is over; at least once, under one id.
    """

    def put(self, transaction: Transaction, event: Event) -> None:
        """Keep it (`later`), with a job for each target, in the transaction that made it true.

        Called on the writer lane's thread. Where nobody wants such an event nothing is written.
        """
        ...
