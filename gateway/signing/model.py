"""What the signing room is asked and what it gives."""

from dataclasses import dataclass

from gateway.store.documents import DocumentRow, UsedNonce
from policies.model import SealRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningRequest:
    """One document to be sealed, asked for by an authenticated caller.

    Attributes:
        seal_request: who, which seal, which type, number and attributes.
        idempotency_key: one per document and caller; a repeat gives the same sealed document.
        trace_id: 32 hex digits that follow the document into the audit log.
        nonce: the nonce of the request's signature, remembered with its record. None for mTLS.
    """

    seal_request: SealRequest
    idempotency_key: str
    trace_id: str
    nonce: UsedNonce | None = None


@dataclass(frozen=True, slots=True)
class SealedDocument:
    """A released document: its row, and its bytes in two parts that follow one another."""

    row: DocumentRow
    content: tuple[bytes, ...]
    repeated: bool
