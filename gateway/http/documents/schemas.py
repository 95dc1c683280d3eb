"""A document and its decision, as JSON Schema: what `answers.metadata` and `decision` give."""

from typing import Any

from gateway.http.describing import DIGEST, list_of

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
                    "stamps": list_of({"oneOf": [_STAMP, _OMITTED]}),
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

SCHEMAS: dict[str, Any] = {
    "Document": {
        "type": "object",
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "state": {"enum": ["intent", "sealed"]},
            "seal": {"type": "string"},
            "documentType": {"type": "string"},
            "businessNumber": {"type": "string"},
            "signedAt": {"type": "string", "format": "date-time"},
            "input": {"type": "object", "properties": {"sha256": DIGEST}},
            "normalized": {
                "type": ["object", "null"],
                "properties": {"sha256": DIGEST},
            },
            "output": {
                "type": ["object", "null"],
                "properties": {"sha256": DIGEST, "bytes": {"type": "integer"}},
            },
            "stamps": list_of({"oneOf": [_STAMP, _OMITTED]}),
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
}
