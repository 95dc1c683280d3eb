"""The row of a document, from its intent to its outcome."""

import msgspec

from gateway.randomness import random_bytes
from gateway.signing import records
from gateway.signing.act import Draft
from gateway.store.files.content import Location
from gateway.store.rows.documents import DocumentRow


def intended(draft: Draft) -> DocumentRow:
    """The row of a part that is about to be signed; its intent has no place in the log yet."""
    part, inquiry = draft.part, draft.act.inquiry
    asked = part.asked
    end = inquiry.document_type.retention.until(part.signed_at)
    return DocumentRow(
        id=part.document_id,
        system=asked.caller.system,
        idempotency_key=inquiry.request.idempotency_key,
        request_digest=inquiry.digest,
        state="intent",
        seal=asked.seal,
        document_type=asked.document_type,
        business_number=asked.business_number,
        request=records.encode(asked),
        decision=records.encoded_decision(draft.use.decision),
        trace_id=inquiry.request.trace_id,
        salt=part.known.salt if part.known is not None else random_bytes(16),
        signed_at=part.signed_at,
        input_digest=inquiry.input_digest,
        normalized_digest=draft.act.normalized_digest,
        to_be_signed_digest=draft.digest,
        intent_index=-1,
        stamp=records.encode(draft.prepared.stamps),
        act=part.act,
        part=part.number,
        parts=part.of,
        company=asked.caller.company,
        keep_until=None if end is None else int(end.timestamp()),
    )


def with_intent(row: DocumentRow, index: int) -> DocumentRow:
    """The row with the place of its intent."""
    return msgspec.structs.replace(row, intent_index=index)


def with_outcome(
    row: DocumentRow, index: int, *, output_digest: bytes, length: int, location: Location
) -> DocumentRow:
    """The row of the sealed document."""
    return msgspec.structs.replace(
        row,
        state="sealed",
        outcome_index=index,
        output_digest=output_digest,
        output_bytes=length,
        segment=location.segment,
        segment_offset=location.offset,
    )
