"""Approvals as JSON Schema: what `answers` gives."""

from typing import Any, get_args

from gateway.approvals.showing import ApprovalState
from gateway.http.describing import DIGEST, list_of, reference

_STAGE = {
    "type": "object",
    "properties": {
        "count": {"type": "integer", "minimum": 1},
        "roles": list_of({"type": "string"}),
    },
    "required": ["count", "roles"],
}
_SUMMARY: dict[str, Any] = {
    "id": {"type": "string", "format": "uuid"},
    "state": {
        "enum": list(get_args(ApprovalState)),
        "description": "`granted`: nothing is outstanding, by the keys and posts of this moment.",
    },
    "createdAt": {"type": "string", "format": "date-time"},
    "expiresAt": {"type": "string", "format": "date-time"},
    "system": {"type": "string", "description": "Who asked; `person:` and a name, of a person."},
    "company": {"type": "string"},
    "seal": {"type": "string"},
    "documentType": {"type": "string"},
    "businessNumber": {"type": "string"},
    "rule": {
        "type": ["string", "null"],
        "description": "The rule that asks; null where an OA system's approval came along.",
    },
    "outstanding": list_of(_STAGE),
    "links": {"type": "object", "additionalProperties": {"type": "string"}},
}
_STATEMENT = {
    "type": "object",
    "properties": {
        "by": {"type": "string"},
        "act": {"enum": ["approve", "reject"]},
        "at": {"type": "string", "format": "date-time"},
        "reason": {"type": "string"},
        "source": {"type": "string", "description": "`person`, or the OA system that says so."},
        "counts": {"type": "boolean"},
        "auditIndex": {"type": "integer"},
        "statement": {"type": "string", "description": "JWS, as it was signed."},
    },
    "required": ["by", "act", "at", "source", "counts", "statement"],
}
_SUBJECT = {
    "type": ["object", "null"],
    "description": "What a statement on this approval says, besides `act`, `at` (Unix seconds), "
    "`v` (1) and `reason`.",
    "properties": {
        "approval": {"type": "string", "format": "uuid"},
        "document": DIGEST,
        "seal": {"type": "string"},
        "documentType": {"type": "string"},
        "request": DIGEST,
        "rule": {"type": "string"},
        "expires": {"type": "integer", "description": "Unix seconds."},
    },
    "required": ["approval", "document", "seal", "documentType", "request", "rule", "expires"],
}

SCHEMAS: dict[str, Any] = {
    "ApprovalSummary": {
        "type": "object",
        "properties": _SUMMARY,
        "required": list(_SUMMARY),
    },
    "Approvals": {
        "type": "object",
        "properties": {"approvals": list_of(reference("ApprovalSummary"))},
        "required": ["approvals"],
    },
    "Approval": {
        "type": "object",
        "properties": {
            **_SUMMARY,
            "requestedBy": list_of({"type": "string"}),
            "attributes": {"type": "object"},
            "placement": {"type": ["object", "null"]},
            "document": {"type": "object", "properties": {"sha256": DIGEST}},
            "facts": {"type": "object"},
            "policy": {
                "type": ["object", "null"],
                "properties": {
                    "words": {"type": "string"},
                    "when": {"type": ["string", "null"]},
                    "text": {"type": "object"},
                },
            },
            "statements": list_of(_STATEMENT),
            "usedBy": {"type": ["string", "null"], "format": "uuid"},
            "closedFor": {
                "type": "string",
                "description": "Why nobody is asked any more; empty: that is not so.",
            },
            "bundle": {"type": "string"},
            "trace": {"type": "string"},
            "statement": _SUBJECT,
        },
        "required": [*_SUMMARY, "attributes", "document", "facts", "statements", "statement"],
    },
}
