"""The API in OpenAPI 3.1, from the same types that read the requests."""

from functools import cache
from typing import Any

from gateway import __version__
from gateway.documents import errors as document_errors
from gateway.errors import Problem
from gateway.http import errors as http_errors
from gateway.http.answers import PROBLEM_BASE
from gateway.http.intake import SealRequestInput
from gateway.signing import errors as signing_errors
from gateway.store import errors as store_errors

_DIGEST = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_AUDIT = {
    "type": "object",
    "properties": {"intent": {"type": "integer"}, "outcome": {"type": ["integer", "null"]}},
    "required": ["intent", "outcome"],
}
_STAMP = {
    "type": "object",
    "description": "A stamp, or one slice of it. Millimetres from the page's top left corner.",
    "properties": {
        "type": {"const": "stamp"},
        "page": {"type": "integer", "minimum": 1},
        "leftMillimetres": {"type": "number"},
        "topMillimetres": {"type": "number"},
        "widthMillimetres": {"type": "number"},
        "heightMillimetres": {"type": "number"},
        "part": {
            "type": ["object", "null"],
            "description": "Of a cross-page stamp: which part of its width (x) or height (y).",
            "properties": {
                "axis": {"enum": ["x", "y"]},
                "start": {"type": "number", "minimum": 0, "maximum": 1},
                "end": {"type": "number", "minimum": 0, "maximum": 1},
            },
        },
        "field": {"type": ["string", "null"], "description": "The document's own field."},
    },
    "required": ["type", "page", "leftMillimetres", "topMillimetres"],
}
_OMITTED = {
    "type": "object",
    "description": "A stamp that was asked for and is not there, which is no error.",
    "properties": {
        "type": {"const": "omitted"},
        "placement": {"const": "cross-page"},
        "why": {"type": "string"},
    },
    "required": ["type", "placement", "why"],
}


_ACT = {
    "type": ["object", "null"],
    "description": "The act of several seals that the document belongs to; its id is the document "
    "that carries all of them. A revision before the last is given out once `complete` is true.",
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "part": {"type": "integer", "minimum": 1},
        "of": {"type": "integer", "minimum": 2},
        "complete": {"type": "boolean"},
        "parts": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "document": {"type": "string", "format": "uuid"},
                    "part": {"type": "integer"},
                    "seal": {"type": "string"},
                    "state": {"enum": ["intent", "sealed"]},
                    "stamps": {"type": "array", "items": {"oneOf": [_STAMP, _OMITTED]}},
                    "audit": _AUDIT,
                    "links": {"type": "object", "additionalProperties": {"type": "string"}},
                },
                "required": ["document", "part", "seal", "state", "audit", "links"],
            },
        },
    },
    "required": ["id", "part", "of", "complete", "parts"],
}
_DECISION = {
    "document": {"type": "string", "format": "uuid"},
    "seal": {"type": "string"},
    "decision": {"type": "object"},
    "requestText": {"type": "string"},
    "salt": {"type": "string"},
    "audit": _AUDIT,
}


def problem_types() -> dict[str, type[Problem]]:
    """Every problem that the gateway can answer with, by its type."""
    rooms = (document_errors, http_errors, signing_errors, store_errors)
    found: dict[str, type[Problem]] = {Problem.type: Problem}
    for room in rooms:
        for member in vars(room).values():
            if isinstance(member, type) and issubclass(member, Problem):
                found[member.type] = member
    return dict(sorted(found.items()))


@cache
def openapi() -> dict[str, Any]:
    """The whole description."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Sealgate",
            "version": __version__,
            "summary": "Seals documents with keys in an HSM, as the group's policies allow.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{"mutualTLS": []}, {"httpMessageSignature": []}],
        "paths": {
            "/v1/seals/{seal}/documents": {"post": _seal()},
            "/v1/documents/{id}": {
                "get": _get("getDocument", "Metadata of a document", "Document")
            },
            "/v1/documents/{id}/content": {"get": _get_content()},
            "/v1/documents/{id}/decision": {
                "get": _get("getDecision", "Why the seal was allowed", "DecisionRecord")
            },
            "/healthz": {"get": _open("healthz", "The process runs")},
            "/readyz": {"get": _open("readyz", "The gateway could seal now", ("200", "503"))},
            "/metrics": {"get": _text("metrics", "Metrics for Prometheus")},
            "/openapi.json": {"get": _open("openapi", "This description")},
        },
        "components": {
            "securitySchemes": {
                "mutualTLS": {"type": "mutualTLS"},
                "httpMessageSignature": {
                    "type": "http",
                    "scheme": "signature",
                    "description": "RFC 9421 over @method, @target-uri, content-digest and "
                    "content-type (where there is a body) and idempotency-key (where it is sent), "
                    "with created, keyid and nonce; ed25519 or hmac-sha256. Every nonce counts "
                    "once.",
                },
            },
            "schemas": _schemas(),
            "responses": {"Problem": _problem_response()},
        },
    }


def _seal() -> dict[str, Any]:
    pdf = {"type": "string", "contentMediaType": "application/pdf", "format": "binary"}
    return {
        "operationId": "sealDocument",
        "summary": "Seal one document",
        "description": "Answers when the sealed document and its record are durable. The same "
        "Idempotency-Key with the same content gives the same sealed document again. With further "
        "seals the document carries all of them, or none is released.",
        "parameters": [
            _path_parameter("seal", "The seal's id."),
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": True,
                "schema": {"type": "string", "pattern": "^[\\x21-\\x7e]{1,255}$"},
            },
        ],
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "properties": {
                            "document": pdf,
                            "request": {"$ref": "#/components/schemas/SealRequest"},
                        },
                        "required": ["document", "request"],
                        "additionalProperties": False,
                    },
                    "encoding": {"request": {"contentType": "application/json"}},
                }
            },
        },
        "responses": {
            "200": {
                "description": "The sealed document, or (Accept: application/json) its metadata.",
                "content": {
                    "application/pdf": {"schema": pdf},
                    "application/json": {"schema": {"$ref": "#/components/schemas/Document"}},
                },
            },
            "default": {"$ref": "#/components/responses/Problem"},
        },
    }


def _get(operation: str, summary: str, schema: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return _read(operation, summary, content)


def _get_content() -> dict[str, Any]:
    pdf = {"type": "string", "contentMediaType": "application/pdf", "format": "binary"}
    return _read("getContent", "The sealed PDF", {"application/pdf": {"schema": pdf}})


def _read(operation: str, summary: str, content: dict[str, Any]) -> dict[str, Any]:
    return {
        "operationId": operation,
        "summary": summary,
        "parameters": [_path_parameter("id", "The document's id.")],
        "responses": {
            "200": {"description": summary, "content": content},
            "default": {"$ref": "#/components/responses/Problem"},
        },
    }


def _open(operation: str, summary: str, statuses: tuple[str, ...] = ("200",)) -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": "object"}}}
    return {
        "operationId": operation,
        "summary": summary,
        "security": [],
        "responses": {status: {"description": summary, "content": content} for status in statuses},
    }


def _text(operation: str, summary: str) -> dict[str, Any]:
    content = {"text/plain": {"schema": {"type": "string"}}}
    return {
        "operationId": operation,
        "summary": summary,
        "security": [],
        "responses": {"200": {"description": summary, "content": content}},
    }


def _path_parameter(name: str, description: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": {"type": "string", "minLength": 1},
    }


def _problem_response() -> dict[str, Any]:
    return {
        "description": "What happened, why, who can help, and what to do (RFC 9457).",
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        },
    }


def _schemas() -> dict[str, Any]:
    request = SealRequestInput.model_json_schema(
        by_alias=True, ref_template="#/components/schemas/{model}"
    )
    inner = request.pop("$defs", {})
    return {
        "SealRequest": request,
        **inner,
        "Document": {
            "type": "object",
            "properties": {
                "id": {"type": "string", "format": "uuid"},
                "state": {"enum": ["intent", "sealed"]},
                "seal": {"type": "string"},
                "documentType": {"type": "string"},
                "businessNumber": {"type": "string"},
                "signedAt": {"type": "string", "format": "date-time"},
                "input": {"type": "object", "properties": {"sha256": _DIGEST}},
                "normalized": {
                    "type": ["object", "null"],
                    "properties": {"sha256": _DIGEST},
                },
                "output": {
                    "type": ["object", "null"],
                    "properties": {"sha256": _DIGEST, "bytes": {"type": "integer"}},
                },
                "stamps": {"type": "array", "items": {"oneOf": [_STAMP, _OMITTED]}},
                "act": _ACT,
                "audit": _AUDIT,
                "trace": {"type": "string"},
                "links": {"type": "object", "additionalProperties": {"type": "string"}},
            },
            "required": ["id", "state", "seal", "input", "output", "audit", "links"],
        },
        "DecisionRecord": {
            "type": "object",
            "properties": {
                **_DECISION,
                "act": _ACT,
                "parts": {
                    "type": "array",
                    "description": "Of an act: the same for each of its seals, in order.",
                    "items": {"type": "object", "properties": _DECISION},
                },
            },
            "required": ["document", "seal", "decision", "requestText", "salt", "audit"],
        },
        "Problem": {
            "type": "object",
            "properties": {
                "type": {"enum": [PROBLEM_BASE + name for name in problem_types()]},
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "detail": {"type": "string"},
                "owner": {"enum": ["caller", "officer", "it", "partner"]},
                "cure": {"type": "string"},
                "trace": {"type": "string"},
                "reasons": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {"rule": {"type": "string"}, "message": {"type": "string"}},
                        "required": ["rule", "message"],
                    },
                },
            },
            "required": ["type", "title", "status", "detail", "owner", "cure", "trace"],
        },
    }
