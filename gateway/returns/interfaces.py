"""What the rooms above ask of this one, and what this one asks of receivers."""

from typing import Protocol

from gateway.jobs.model import ClaimedJob
from gateway.returns.model import Answer, DeliveryState, Event
from gateway.store.engines.lane import Transaction


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


class Receiver(Protocol):
    """Somebody that deliveries are brought to: a webhook, a connector.

    Attributes:
        most_at_once: tries at the same time.
    """

    @property
    def most_at_once(self) -> int:
        """See above."""
        ...

    async def deliver(self, job: ClaimedJob) -> Answer:
        """Try once to bring what the job says; whatever happens is an answer."""
        ...

    def write_down(
        self, transaction: Transaction, job: ClaimedJob, answer: Answer, state: DeliveryState
    ) -> None:
        """Keep what came of it (`later`), in the transaction in which the job ends or waits.

        Called on the writer lane's thread.
        """
        ...
