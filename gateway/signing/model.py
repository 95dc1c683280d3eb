"""What the signing room is asked and what it gives."""

from dataclasses import dataclass

from gateway.jobs.model import Lease
from gateway.store.rows.documents import DocumentRow, UsedNonce
from policies.model import SealRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningRequest:
    """One document to be sealed, asked for by an authenticated caller.

    Attributes:
        seal_request: who, which seal, which type, number and attributes.
        further: the same for each further seal of the act, in order.
        idempotency_key: one per document and caller; a repeat gives the same sealed document.
        trace_id: 32 hex digits that follow the document into the audit log.
        nonce: the nonce of the request's signature, remembered with its record. None for mTLS.
        approval_tokens: approvals that were made elsewhere, signed. They are no part of what the
            idempotency key stands for.
        lease: of the job that this is done for; the job ends with the release. None: no job.
        origin: what it belongs to, in words of whoever asks: `batch:ID/NUMBER`. Empty: to nothing.
    """

    seal_request: SealRequest
    idempotency_key: str
    trace_id: str
    nonce: UsedNonce | None = None
    further: tuple[SealRequest, ...] = ()
    approval_tokens: tuple[str, ...] = ()
    lease: Lease | None = None
    origin: str = ""

    @property
    def envelope(self) -> str:
        """The id of the envelope that it belongs to, of `envelope:ID`; empty: to none."""
        kind, _, told = self.origin.partition(":")
        return told if kind == "envelope" else ""

    @property
    def seal_requests(self) -> tuple[SealRequest, ...]:
        """What is asked for each seal, in the order of the signatures."""
        return (self.seal_request, *self.further)


@dataclass(frozen=True, slots=True)
class SealedDocument:
    """A released document: its row, and its bytes in two parts that follow one another.

    `parts` are the rows of its act in order; empty for a seal alone.
    """

    row: DocumentRow
    content: tuple[bytes, ...]
    repeated: bool
    parts: tuple[DocumentRow, ...] = ()
