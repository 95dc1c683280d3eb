"""Batches in OpenAPI: what `answers` gives, and the paths that are alike."""

from typing import Any

from gateway.http.describing import (
    DIGEST,
    PROBLEM,
    answered,
    json_of,
    list_of,
    path_parameter,
    query_parameter,
    reference,
)

_ID = path_parameter("id", "The batch's id.")
_MOMENT = {"type": ["string", "null"], "format": "date-time"}
_LINKS = {"type": "object", "additionalProperties": {"type": "string"}}
_COUNTS = {
    state: {"type": "integer"} for state in ("waiting", "sealed", "repeated", "failed", "cancelled")
}
_DIGEST = {**DIGEST, "type": ["string", "null"]}

SCHEMAS: dict[str, Any] = {
    "Batch": {
        "type": "object",
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "state": {"enum": ["open", "paused", "cancelled", "finished"]},
            "items": {"type": "integer"},
            "source": {"type": ["string", "null"]},
            "priority": {"type": "integer"},
            "allOrNothing": {"type": "boolean"},
            "deliverTo": {"type": ["string", "null"]},
            "createdAt": _MOMENT,
            "finishedAt": _MOMENT,
            "trace": {"type": "string"},
            "links": _LINKS,
            "counts": {"type": "object", "properties": _COUNTS, "required": list(_COUNTS)},
            "perSecond": {"type": ["number", "null"]},
            "remainingSeconds": {
                "type": ["number", "null"],
                "description": "At this rate; null: not known, or over.",
            },
        },
        "required": ["id", "state", "items", "createdAt", "finishedAt", "links"],
    },
    "BatchItem": {
        "type": "object",
        "properties": {
            "number": {"type": "integer", "minimum": 1},
            "name": {"type": "string"},
            "state": {"enum": list(_COUNTS)},
            "businessNumber": {"type": "string"},
            "documentType": {"type": "string"},
            "seal": {"type": "string"},
            "inputDigest": _DIGEST,
            "outputDigest": _DIGEST,
            "document": {"type": ["string", "null"], "format": "uuid"},
            "problem": {
                "type": ["object", "null"],
                "description": "As the API would have answered it: type, title, detail, owner, "
                "cure, reasons.",
            },
            "finishedAt": _MOMENT,
            "links": _LINKS,
        },
        "required": ["number", "name", "state", "businessNumber", "document", "problem"],
    },
}


def _page(name: str, of: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            name: list_of(reference(of)),
            "next": {
                "type": ["string", "integer", "null"],
                "description": "What the next page is asked for with (`before`, `after`).",
            },
        },
        "required": [name, "next"],
    }


_NUMBER = {"type": "integer"}
PATHS: dict[str, Any] = {
    "/v1/batches": {
        "get": {
            **answered(
                "getBatches", "Your batches, the newest first", json_of(_page("batches", "Batch"))
            ),
            "parameters": [
                query_parameter("limit", _NUMBER),
                query_parameter("before", {"type": "string"}),
            ],
        }
    },
    "/v1/batches/{id}": {
        "get": {
            **answered("getBatch", "A batch, and how far it has come", json_of(reference("Batch"))),
            "parameters": [_ID],
        }
    },
    "/v1/batches/{id}/items": {
        "get": {
            **answered(
                "getBatchItems", "What came of each document", json_of(_page("items", "BatchItem"))
            ),
            "parameters": [
                _ID,
                query_parameter("limit", _NUMBER),
                query_parameter("after", _NUMBER),
                query_parameter("state", {"enum": list(_COUNTS)}),
            ],
        }
    },
    "/v1/batches/{id}/receipt": {
        "get": {
            "operationId": "getBatchReceipt",
            "summary": "What went in and what came out of it, signed",
            "description": "A CMS SignedData (RFC 5652, DER) that holds its manifest: each item "
            "with the digests of what came and of what was given, and its place in the audit log.",
            "parameters": [_ID],
            "responses": {
                "200": {
                    "description": "The receipt",
                    "content": {
                        "application/pkcs7-mime": {"schema": {"type": "string", "format": "binary"}}
                    },
                },
                "default": PROBLEM,
            },
        }
    },
    **{
        f"/v1/batches/{{id}}/{name}": {
            "post": {
                **answered(f"{name}Batch", summary, json_of(reference("Batch"))),
                "parameters": [_ID],
            }
        }
        for name, summary in (
            ("pause", "Begin no further document of it"),
            ("resume", "Go on with what was paused"),
            ("cancel", "Seal no further document of it; what is sealed stays so"),
            ("retry", "Try what failed once more"),
        )
    },
}
"""But for what streams, and for handing batches in."""
