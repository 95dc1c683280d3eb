"""The outbox: an event and what is owed for it, in the transaction that made it true."""

from typing import Final

import msgspec
from sqlalchemy import insert

from gateway.jobs.interfaces import JobQueue
from gateway.jobs.model import NewJob
from gateway.returns.model import Event
from gateway.returns.targets import TargetBook
from gateway.signing.ids import new_document_id
from gateway.store.engines.lane import Transaction
from gateway.store.engines.moments import microseconds
from gateway.store.engines.statements import RowStatement
from gateway.store.schema import event as event_table

TARGET: Final = "target:"
"""What the subject and the share of a target's jobs begin with."""

_put_event = RowStatement(
    insert(event_table), "id", "type", "system", "subject", "document_type", "source", "at", "data"
)
_encode = msgspec.json.Encoder().encode


class Outbox:
    """Implements `gateway.returns.interfaces.EventOutbox`."""

    def __init__(self, targets: TargetBook, queue: JobQueue) -> None:
        self._targets = targets
        self._queue = queue

    def put(self, transaction: Transaction, event: Event) -> None:
        """See `EventOutbox`."""
        asked = (event.type, event.system, event.document_type, event.source)
        if not self._targets.is_kept(*asked):
            return
        event_id = new_document_id(event.at)
        transaction.later(
            _put_event,
            (
                event_id,
                event.type,
                event.system,
                event.subject,
                event.document_type,
                event.source,
                microseconds(event.at),
                _encode(event.data),
            ),
        )
        jobs = [delivery_job(event_id, target) for target in self._targets.told(*asked)]
        if jobs:
            self._queue.enqueue(transaction, jobs)


def delivery_job(event_id: str, target: str, *, again: str = "") -> NewJob:
    """The job of bringing an event to a target.

    Args:
        event_id: the event.
        target: its name.
        again: tells this job from earlier ones for the same two; empty: it is the first.
    """
    return NewJob(
        kind="deliver",
        key=f"{event_id}/{target}{again and '/'}{again}",
        share=TARGET + target,
        subject=TARGET + target,
        payload=event_id.encode(),
    )
