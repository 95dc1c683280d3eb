"""Envelopes in OpenAPI: what `answers` gives, and the paths."""

from typing import Any, get_args

import msgspec

from cloud_bridge.model import LEVELS, Terms
from cloud_bridge.wire import PersonLink
from gateway.envelopes.model import EnvelopeTold, Status
from gateway.http.describing import (
    PDF,
    answered,
    json_of,
    list_of,
    path_parameter,
    query_parameter,
    reference,
)
from gateway.http.envelopes.bodies import PersonInput, WhoInput, WhyInput

_ONE = "/v1/envelopes/{id}"
_ID = path_parameter("id", "The envelope's id, everywhere the same.")
_NAME = path_parameter(
    "name", "A document of the terms; to fetch, also an attachment, or its SHA-256."
)


def _of_the_model() -> dict[str, Any]:
    """The frozen values themselves, described by the first line of what they say of themselves."""
    _, found = msgspec.json.schema_components(
        (EnvelopeTold, Terms, PersonLink), ref_template="#/components/schemas/{name}"
    )
    for schema in found.values():
        schema["description"] = schema.get("description", "").partition("\n")[0]
    told = found.pop("EnvelopeTold")
    told["properties"]["trouble"] = {
        "type": "array",
        "description": "What holds it up: types of problems, or what the network lied about.",
        "items": {
            "type": "object",
            "properties": {"type": {"type": "string"}, "detail": {"type": "string"}},
            "required": ["type", "detail"],
        },
    }
    told["properties"]["links"] = {
        "type": "object",
        "additionalProperties": {"type": "string"},
    }
    told["required"] = [*told["required"], "trouble", "links"]
    # The names of the model are short for one room; here all rooms share one list.
    return _renamed({"Envelope": told, **found})


_PLAIN = {
    *("Party", "PartyField", "Box", "DocumentTerms", "Delivery", "Terms"),
    *("Attachment", "Place", "Received"),
}


def _renamed(schemas: dict[str, Any]) -> dict[str, Any]:
    text = msgspec.json.encode(schemas).decode()
    for name in _PLAIN:
        text = text.replace(f'"#/components/schemas/{name}"', f'"#/components/schemas/Sent{name}"')
    read: dict[str, Any] = msgspec.json.decode(text)
    return {f"Sent{name}" if name in _PLAIN else name: each for name, each in read.items()}


def _input(model: type[WhyInput | WhoInput | PersonInput]) -> dict[str, Any]:
    return model.model_json_schema(by_alias=True)


SCHEMAS: dict[str, Any] = {
    **_of_the_model(),
    "AcceptedEnvelope": {
        "type": "object",
        "properties": {
            "envelope": reference("Envelope"),
            "terms": reference("SentTerms"),
            "repeated": {"type": "boolean", "description": "It was here before."},
            "unasked": {
                "type": "array",
                "items": {"type": "string"},
                "description": "Ids of parties whose accounts were not looked up, as the network "
                "does not answer now; an unknown one shows once it does.",
            },
        },
        "required": ["envelope", "terms", "repeated", "unasked"],
    },
    "EnvelopeReason": _input(WhyInput),
    "EnvelopeParty": _input(WhoInput),
    "SoughtPerson": _input(PersonInput),
    "PersonAccount": {
        "type": "object",
        "description": "A person's account on the network, made if there was none.",
        "properties": {
            "account": {"type": "string", "description": "What a party's `account` is."},
            "name": {"type": "string"},
            "contact": {"type": "string", "description": "Masked."},
            "level": {
                "enum": list(LEVELS),
                "description": "How far the network has verified the person.",
            },
        },
        "required": ["account", "name", "contact", "level"],
    },
}


def _answered(operation: str, summary: str, content: dict[str, Any]) -> dict[str, Any]:
    return {**answered(operation, summary, content), "parameters": [_ID]}


def _asking(operation: str, summary: str, body: str, answer: str = "Envelope") -> dict[str, Any]:
    return {
        "post": {
            **_answered(operation, summary, json_of(reference(answer))),
            "requestBody": {"required": True, "content": json_of(reference(body))},
        }
    }


_PDF_CONTENT = {"application/pdf": {"schema": PDF}}
_FILES = {
    **_PDF_CONTENT,
    "image/jpeg": {"schema": PDF},
    "image/png": {"schema": PDF},
    "application/octet-stream": {"schema": PDF},
}
_ENVELOPE = json_of(reference("Envelope"))
_PAGE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "envelopes": list_of(reference("Envelope")),
        "next": {"type": ["string", "null"], "description": "What `after` is for the next page."},
    },
    "required": ["envelopes", "next"],
}

PATHS: dict[str, Any] = {
    "/v1/persons": {
        "post": {
            **_asking(
                "findPerson",
                "A person's account on the network by name and contact, which leave the house",
                "SoughtPerson",
                "PersonAccount",
            )["post"],
            "parameters": [],
        }
    },
    "/v1/envelopes": {
        "get": {
            **_answered("getEnvelopes", "Your company's envelopes, newest first", json_of(_PAGE)),
            "parameters": [
                query_parameter("status", {"enum": list(get_args(Status))}, "Only those."),
                query_parameter("after", {"type": "string"}, "From the page before."),
                query_parameter("limit", {"type": "integer"}, "1 to 100; 50."),
            ],
        }
    },
    _ONE: {
        "get": {
            **_answered("getEnvelope", "An envelope as it is now", _ENVELOPE),
            "description": "With `beyond`, once something has happened after that sequence, at the "
            "latest after `wait` seconds.",
            "parameters": [
                _ID,
                query_parameter("beyond", {"type": "integer"}, "A sequence that you know."),
                query_parameter("wait", {"type": "number"}, "Seconds, 0 to 60; 30."),
            ],
        }
    },
    f"{_ONE}/withdraw": _asking(
        "withdrawEnvelope", "Withdraw one of yours that not everybody has signed", "EnvelopeReason"
    ),
    f"{_ONE}/decline": _asking(
        "declineEnvelope", "Decline one that you have not signed", "EnvelopeReason"
    ),
    f"{_ONE}/remind": _asking("remindParty", "Remind a party (催签)", "EnvelopeParty"),
    f"{_ONE}/links": _asking(
        "makePersonLink",
        "A new link for a person or bearer; an earlier one no longer opens",
        "EnvelopeParty",
        "PersonLink",
    ),
    f"{_ONE}/release": _asking(
        "releaseClaim",
        "Let somebody else claim a delivery that its claimant left lying",
        "EnvelopeParty",
    ),
    f"{_ONE}/transcript": {
        "get": _answered(
            "getTranscript",
            "All that was said of it, to be verified without any network",
            json_of({"type": "object"}),
        )
    },
    f"{_ONE}/documents/{{name}}": {
        "get": {
            **_answered(
                "getEnvelopeDocument", "A document as it is now, or what was given along", _FILES
            ),
            "parameters": [_ID, _NAME],
        },
        "put": {
            **_answered(
                "attachEnvelopeDocument",
                "Bring the file of a document that travelled another way",
                _ENVELOPE,
            ),
            "parameters": [_ID, _NAME],
            "requestBody": {"required": True, "content": _PDF_CONTENT},
        },
    },
}
"""But for sending one."""
