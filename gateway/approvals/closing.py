"""Approvals that nobody needs any more, because what they were asked for has ended."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from gateway.approvals import records
from gateway.approvals.interfaces import Ended
from gateway.approvals.model import asked_of
from gateway.audit.log import AuditLog
from gateway.store.engines.lane import Transaction
from gateway.store.rows.approvals import pending_of_documents, put_approval


class ClosingApprovals:
    """Implements `Closes`: a state, a reason and an `approval-closed` record for each."""

    def __init__(self, *, audit: AuditLog) -> None:
        self._audit = audit

    def close(self, transaction: Transaction, ended: Iterable[Ended], *, at: datetime) -> None:
        """See `Closes`."""
        by_document = {each.document: each for each in ended}
        for row in pending_of_documents(transaction, by_document):
            each = by_document[row.document_digest]
            if row.is_open(at) and asked_of(row).trace_id in each.traces:
                closed = msgspec.structs.replace(row, state="closed", closed_for=each.why)
                self._audit.append(transaction, records.closed(closed, at=at))
                put_approval(transaction, closed)
