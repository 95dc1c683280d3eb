"""Envelopes that wait for people are looked at as soon as people have spoken."""

import hashlib

from gateway.approvals.interfaces import Hears
from gateway.envelopes.causes import job_of
from gateway.jobs.interfaces import JobQueue
from gateway.store.engines.lane import Transaction
from gateway.store.rows.approvals import ApprovalRow
from gateway.store.rows.envelope_contents import signing_with_content

_MARK_CHARACTERS = 16


class Waking(Hears):
    """Enqueues a job for each envelope that has the document of an approval in hand."""

    def __init__(self, queue: JobQueue) -> None:
        self._queue = queue

    def heard(self, transaction: Transaction, approval: ApprovalRow, *, statement: str) -> None:
        """See `Hears`: the next try finds what was said, and signs, declines or waits on."""
        mark = hashlib.sha256(statement.encode()).hexdigest()[:_MARK_CHARACTERS]
        found = signing_with_content(transaction.connection, approval.document_digest.hex())
        jobs = [
            job_of(organisation, envelope, f"approval-{approval.id}-{mark}")
            for organisation, envelope in found
        ]
        if jobs:
            self._queue.enqueue(transaction, jobs)
