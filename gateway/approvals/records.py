"""What the audit log says of approvals. See docs/audit.md for each field."""

import hashlib
from datetime import datetime
from typing import Any

import msgspec

from gateway.approvals.model import Asked
from gateway.audit.record import Record
from gateway.store.rows.approvals import Act, ApprovalRow


def asked(row: ApprovalRow, what: Asked) -> Record:
    """People are asked."""
    # The content is nobody's business but the document's.
    facts = msgspec.structs.replace(what.facts, content=msgspec.UNSET)
    content: dict[str, Any] = {
        "trace": what.trace_id,
        "approval": row.id,
        "system": row.system,
        "company": what.request.caller.company,
        "seal": row.seal,
        "document_type": row.document_type,
        "input": row.document_digest.hex(),
        "bundle": row.bundle,
        "rule": row.rule,
        "stages": [{"count": stage.count, "roles": sorted(stage.roles)} for stage in what.stages],
        "in_order": what.in_order,
        "expires": int(row.expires_at.timestamp()),
        "facts": msgspec.to_builtins(facts),
    }
    return Record(kind="asked", at=row.created_at, content=content)


def request_of(token: str, request_digest: bytes) -> dict[str, str]:
    """For which request an OA system's token came, as it does not name all of it.

    The token is the salt: nobody guesses its signature, and it is deleted with the row.
    """
    return {"request": hashlib.sha256(token.encode() + request_digest).hexdigest()}


def said(
    approval: str,
    act: Act,
    *,
    by: str,
    source: str,
    at: datetime,
    expires_at: datetime | None = None,
    **signed: str,
) -> Record:
    """Somebody has approved or rejected; `source` is `person`, or the OA system that says so.

    `expires_at` is the end of an OA system's approval, of which no other record tells. `signed`:
    `statement_digest`, and what `request_of` gives.
    """
    content: dict[str, Any] = {
        "approval": approval,
        "act": act,
        "by": by,
        "source": source,
        **signed,
    }
    if expires_at is not None:
        content["expires"] = int(expires_at.timestamp())
    return Record(kind="approval", at=at, content=content)


def closed(row: ApprovalRow, *, at: datetime) -> Record:
    """Nobody is asked any more."""
    content = {"approval": row.id, "system": row.system, "seal": row.seal, "why": row.closed_for}
    return Record(kind="approval-closed", at=at, content=content)


def forgotten(*, before: datetime, approvals: int, at: datetime) -> Record:
    """So many approvals that ended before a whole second were deleted."""
    content = {"before": int(before.timestamp()), "approvals": approvals}
    return Record(kind="forgotten", at=at, content=content)
