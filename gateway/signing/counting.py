"""Counters of conditions: what `used.seal_day` comes to.

A document never counts against itself. Its own use is counted with its first intent, so a repeat
takes it off again, or the last document that a rule permits could not be repeated after a stop.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, select

from gateway.signing.model import SigningRequest
from gateway.store.engines.lane import Transaction, WriterLane
from gateway.store.rows.charges import SlotBook
from gateway.store.schema import document
from policies.interfaces import Case
from policies.model import (
    NOTHING_KNOWN,
    Allowed,
    CounterRead,
    DocumentFacts,
    Known,
)

Counted = tuple[frozenset[str], int]
"""The counters in which a document is counted already, and the moment (Unix seconds)."""

NOT_COUNTED: Counted = (frozenset(), 0)


class CountersKnown:
    """Implements `gateway.signing.guard.Knowing`: it knows the counters that conditions read.

    What it says is of a moment before the intent: enough to refuse most of what is beyond a counter
    before anything is signed. `LimitGuard` looks again, exactly.
    """

    def __init__(self, *, book: SlotBook, lane: WriterLane) -> None:
        self._book = book
        self._lane = lane

    async def known(
        self,
        case: Case,
        facts: DocumentFacts,  # noqa: ARG002 - the Protocol's
        *,
        at: datetime,
        request: SigningRequest,
        act_digest: bytes,  # noqa: ARG002 - the Protocol's
        input_digest: bytes,  # noqa: ARG002 - the Protocol's
    ) -> Known:
        """See `Knowing`."""
        reads = case.reads(at)
        if not reads:
            return NOTHING_KNOWN
        asked = case.request

        def unit(transaction: Transaction) -> Mapping[str, int]:
            own = _counted(
                transaction,
                document.c.system == asked.caller.system,
                document.c.idempotency_key == request.idempotency_key,
                document.c.seal == asked.seal,
            )
            return used_by_now(self._book, transaction, reads, own)

        return Known(used=await self._lane.write(unit))


def used_by_now(
    book: SlotBook, transaction: Transaction, reads: Sequence[CounterRead], own: Counted
) -> Mapping[str, int]:
    """The value of each counter, by the name that conditions call it; `own` does not count."""
    counters, at = own
    return {
        read.name: book.used(
            transaction, read.counter, starts_at=read.starts_at, ends_at=read.ends_at
        )
        - (read.counter in counters and read.starts_at <= at < read.ends_at)
        for read in reads
    }


def counted_before(transaction: Transaction, document_id: str) -> Counted:
    """Where an earlier try of the document was counted."""
    return _counted(transaction, document.c.id == document_id)


def _counted(transaction: Transaction, *which: ColumnElement[bool]) -> Counted:
    row = transaction.connection.execute(
        select(document.c.decision, document.c.signed_at).where(*which)
    ).one_or_none()
    if row is None:
        return NOT_COUNTED
    decision = msgspec.json.decode(row.decision, type=Allowed)
    return frozenset(decision.counters), row.signed_at
