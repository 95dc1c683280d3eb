"""What the audit log says of a document, and the canonical bytes that its row keeps."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from gateway.audit.record import Record
from gateway.errors import Problem
from gateway.seals.model import SealMaterial
from gateway.signing.model import SigningRequest
from gateway.store.rows.documents import DocumentRow
from policies.model import Allowed, Decision, Denied, DocumentFacts, NeedsApproval, SealRequest

_MOST_REASONS = 20
_LONGEST_MESSAGE = 500

_encoder = msgspec.json.Encoder(order="deterministic")


def encode(value: object) -> bytes:
    """JSON with sorted keys and sets: the same value gives the same bytes."""
    return _encoder.encode(value)


def request_digest(requests: Iterable[SealRequest], document_digest: bytes) -> bytes:
    """SHA-256 over what the caller asked for and for which document: what a key stands for.

    What officers may change of the caller between two tries is left out: its roles, posts and line.

    Args:
        requests: one a seal, in order.
        document_digest: of the document that came in.
    """
    asked = b"".join(encode(_as_it_came(request)) for request in requests)
    return hashlib.sha256(document_digest + asked).digest()


def intent(
    asked: SealRequest,
    row: DocumentRow,
    *,
    request: SigningRequest,
    decision: Allowed,
    counted: tuple[str, ...],
    facts: DocumentFacts,
    seal: SealMaterial,
    follows: bytes,
    at: datetime,
) -> Record:
    """What is about to be signed: the exact digest, with which key, for whom, by which rule.

    `request` is what it is a part of.
    `counted` is what this use is counted for, in the same transaction.
    `follows` is the digest of what the signature's revision is appended to; it is recorded where
    that is the output of an earlier part of the act.
    """
    return Record(
        kind="intent",
        at=at,
        content={
            "trace": row.trace_id,
            "document": row.id,
            **_act(row, follows=follows),
            **_envelope(request),
            **_asked(asked),
            "request": _salted(row.salt, row.request),
            "business_number": _salted(row.salt, row.business_number.encode()),
            "facts": _facts(facts),
            **_content(facts, row.salt),
            "decision": _told_allowed(decision),
            "decision_digest": hashlib.sha256(row.decision).hexdigest(),
            "counted": counted,
            "key": seal.key,
            "mechanism": seal.mechanism,
            "certificate": hashlib.sha256(seal.certificates[0]).hexdigest(),
            "input": row.input_digest.hex(),
            **_normalized(row),
            "to_be_signed": row.to_be_signed_digest.hex(),
        },
    )


def sealed(row: DocumentRow, *, bundle: str, output_digest: bytes, at: datetime) -> Record:
    """The document was sealed and may be released; `bundle` is that of the decision."""
    return Record(
        kind="outcome",
        at=at,
        content={
            "trace": row.trace_id,
            "document": row.id,
            "intent": row.intent_index,
            **_act(row),
            "bundle": bundle,
            "result": "sealed",
            "output": output_digest.hex(),
        },
    )


def failed(row: DocumentRow, problem: Problem, *, bundle: str, at: datetime) -> Record:
    """The intent came to nothing; nothing was released."""
    return Record(
        kind="outcome",
        at=at,
        content={
            "trace": row.trace_id,
            "document": row.id,
            "intent": row.intent_index,
            **_act(row),
            "bundle": bundle,
            "result": "failed",
            "problem": problem.type,
        },
    )


def denied(
    request: SigningRequest,
    decision: Denied | NeedsApproval,
    *,
    facts: DocumentFacts | None,
    document_digest: bytes,
    at: datetime,
) -> Record:
    """A decision against: who asked for what, and which rules said no."""
    return Record(
        kind="denied",
        at=at,
        content={
            "trace": request.trace_id,
            **_envelope(request),
            **_asked(request.seal_request),
            **_further(request),
            "input": document_digest.hex(),
            "facts": None if facts is None else _facts(facts),
            "decision": _told(decision),
        },
    )


def _normalized(row: DocumentRow) -> dict[str, str]:
    return {} if row.normalized_digest is None else {"normalized": row.normalized_digest.hex()}


def _act(row: DocumentRow, *, follows: bytes | None = None) -> dict[str, Any]:
    if row.act is None:
        return {}
    told: dict[str, Any] = {"id": row.act, "part": row.part, "parts": row.parts}
    if follows is not None and row.part > 1:
        told["follows"] = follows.hex()
    return {"act": told}


def _envelope(request: SigningRequest) -> dict[str, str]:
    return {"envelope": request.envelope} if request.envelope else {}


def _further(request: SigningRequest) -> dict[str, Any]:
    return {"further": [each.seal for each in request.further]} if request.further else {}


def _as_it_came(request: SealRequest) -> SealRequest:
    caller = msgspec.structs.replace(
        request.caller, roles=frozenset(), posts=msgspec.UNSET, line=msgspec.UNSET
    )
    return msgspec.structs.replace(request, caller=caller)


def _facts(facts: DocumentFacts) -> Any:  # noqa: ANN401 - builtins, as msgspec gives them
    """All but the content, which is nobody's business but the document's."""
    return msgspec.to_builtins(msgspec.structs.replace(facts, content=msgspec.UNSET))


def _content(facts: DocumentFacts, salt: bytes) -> dict[str, str]:
    if isinstance(facts.content, msgspec.UnsetType):
        return {}
    return {"content": _salted(salt, encode(facts.content))}


def _asked(request: SealRequest) -> dict[str, Any]:
    return {
        "system": request.caller.system,
        "company": request.caller.company,
        "seal": request.seal,
        "document_type": request.document_type,
    }


def _told(decision: Decision) -> dict[str, Any]:
    # A denial lists every rule that came into question; a leaf has room for the nearest of them.
    nearest = tuple(
        msgspec.structs.replace(reason, message=reason.message[:_LONGEST_MESSAGE])
        for reason in decision.reasons[:_MOST_REASONS]
    )
    shortened = msgspec.structs.replace(decision, reasons=nearest)
    told: dict[str, Any] = msgspec.json.decode(encode(shortened))
    return told


@lru_cache(maxsize=256)
def _told_allowed(decision: Allowed) -> dict[str, Any]:
    # A rule allows thousands of documents in the same words; nobody changes a record's content.
    return _told(decision)


@lru_cache(maxsize=256)
def encoded_decision(decision: Allowed) -> bytes:
    """The bytes of the decision that the document's row keeps."""
    return encode(decision)


def _salted(salt: bytes, value: bytes) -> str:
    return hashlib.sha256(salt + value).hexdigest()
