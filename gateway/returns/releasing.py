"""The event of every sealed document, put where its release is written."""

from datetime import datetime
from typing import Any

from gateway.clock import Clock
from gateway.returns.interfaces import EventOutbox
from gateway.returns.model import Event
from gateway.returns.targets import TargetBook
from gateway.signing.model import SigningRequest
from gateway.store.engines.lane import Transaction
from gateway.store.rows.documents import DocumentRow

_BATCH = "batch:"


class ReleasedEvents:
    """Implements `gateway.signing.guard.Releasing`: a document was sealed, whoever asked for it."""

    def __init__(self, outbox: EventOutbox, targets: TargetBook, *, clock: Clock) -> None:
        self._outbox = outbox
        self._targets = targets
        self._clock = clock

    def at_release(
        self, transaction: Transaction, request: SigningRequest, row: DocumentRow
    ) -> None:
        """See `Releasing`; where nobody wants the event it costs one look into a dictionary."""
        source = _source(request)
        if not self._targets.is_kept("document.sealed", row.system, row.document_type, source):
            return
        self._outbox.put(transaction, _sealed(request, row, source, at=self._clock.now()))


def _source(request: SigningRequest) -> str:
    if request.envelope:
        return "envelope"
    return "batch" if request.origin.startswith(_BATCH) else ""


def _sealed(request: SigningRequest, row: DocumentRow, source: str, *, at: datetime) -> Event:
    asked = request.seal_request
    data: dict[str, Any] = {
        "documentId": row.id,
        "system": row.system,
        "company": asked.caller.company,
        "documentType": row.document_type,
        "businessNumber": row.business_number,
        "seals": [each.seal for each in request.seal_requests],
        "idempotencyKey": row.idempotency_key,
        "inputSha256": row.input_digest.hex(),
        "sha256": (row.output_digest or b"").hex(),
        "bytes": row.output_bytes,
        "signedAt": row.signed_at.isoformat().replace("+00:00", "Z"),
        "auditIndex": row.outcome_index,
        "traceId": row.trace_id,
        "document": f"/v1/documents/{row.id}",
    }
    if source == "envelope":
        data["envelope"] = request.envelope
    elif source:
        batch, _, number = request.origin.removeprefix(_BATCH).partition("/")
        data["batch"] = {"id": batch, "item": int(number)}
    return Event(
        type="document.sealed",
        at=at,
        system=row.system,
        company=asked.caller.company,
        subject=row.id,
        source=source,
        document_type=row.document_type,
        data=data,
    )
