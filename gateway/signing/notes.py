"""What stands beside a sealed document in the archive, for those who read it without Sealgate."""

from typing import Any

import msgspec

from gateway.signing.act import Draft
from gateway.store.rows.documents import DocumentRow

_encoder = msgspec.json.Encoder(order="sorted")


def shelf_of(company: str) -> str:
    """The folder of a company's documents, below the store's directory."""
    return f"companies/{company}"


def note_of(draft: Draft, row: DocumentRow, *, output_digest: bytes, length: int) -> bytes:
    """JSON in the API's words: business attributes, and the digest of every revision so far.

    `follows` is what the seal's revision is appended to: the document as it came in or was written
    anew, or the output of the part before.
    """
    asked = draft.part.asked
    told: dict[str, Any] = {
        "id": row.id,
        "company": row.company,
        "system": row.system,
        "seal": row.seal,
        "documentType": row.document_type,
        "businessNumber": row.business_number,
        "attributes": asked.attributes,
        "signedAt": f"{row.signed_at:%Y-%m-%dT%H:%M:%SZ}",
        "input": {"sha256": row.input_digest.hex()},
        "follows": {"sha256": draft.base.digest.hex()},
        "output": {"sha256": output_digest.hex(), "bytes": length},
        "audit": {"intent": row.intent_index},
        "trace": row.trace_id,
    }
    if row.normalized_digest is not None:
        told["normalized"] = {"sha256": row.normalized_digest.hex()}
    if row.act is not None:
        told["act"] = {"id": row.act, "part": row.part, "of": row.parts}
    return _encoder.encode(told)
