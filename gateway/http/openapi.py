"""The API in OpenAPI 3.1: each file of handlers describes its own routes."""

from collections.abc import Iterable
from functools import cache
from typing import Any, Protocol

from gateway import __version__
from gateway.approvals import errors as approval_errors
from gateway.batches import errors as batch_errors
from gateway.batches.reading import errors as reading_errors
from gateway.desk import errors as desk_errors
from gateway.documents import errors as document_errors
from gateway.envelopes import errors as envelope_errors
from gateway.envelopes.carriage import errors as carriage_errors
from gateway.errors import Problem
from gateway.feeds import errors as feed_errors
from gateway.freezes import errors as freeze_errors
from gateway.http import errors as http_errors
from gateway.http import events, freezes, holds, in_force, policies, usage
from gateway.http.answers import PROBLEM_BASE
from gateway.http.approvals import handlers as approvals
from gateway.http.batches import handlers as batches
from gateway.http.batches import streams as batch_streams
from gateway.http.batches import submission as batch_submission
from gateway.http.describing import reference
from gateway.http.documents import handlers as documents
from gateway.http.documents import sealing
from gateway.http.envelopes import handlers as envelopes
from gateway.http.envelopes import submission as envelope_submission
from gateway.http.operation import handlers as operation
from gateway.jobs import errors as job_errors
from gateway.retention import errors as retention_errors
from gateway.returns import errors as returns_errors
from gateway.signing import errors as signing_errors
from gateway.store import errors as store_errors


class _Handlers(Protocol):
    """A file of handlers."""

    def openapi_paths(self) -> dict[str, Any]:
        """Its paths, each with its methods."""
        ...

    def openapi_schemas(self) -> dict[str, Any]:
        """The types that these refer to, by name."""
        ...


_HANDLERS: tuple[_Handlers, ...] = (
    sealing,
    batch_streams,
    batch_submission,
    batches,
    envelope_submission,
    envelopes,
    documents,
    policies,
    in_force,
    approvals,
    freezes,
    holds,
    usage,
    events,
    operation,
)
_PROBLEMS = (
    batch_errors,
    desk_errors,
    approval_errors,
    carriage_errors,
    envelope_errors,
    document_errors,
    http_errors,
    reading_errors,
    feed_errors,
    signing_errors,
    freeze_errors,
    returns_errors,
    retention_errors,
    store_errors,
    job_errors,
)


def problem_types() -> dict[str, type[Problem]]:
    """Every problem that the gateway can answer with, by its type."""
    found: dict[str, type[Problem]] = {Problem.type: Problem}
    for room in _PROBLEMS:
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
        "paths": _joined(each.openapi_paths() for each in _HANDLERS),
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
            "schemas": {
                **_joined(each.openapi_schemas() for each in _HANDLERS),
                "Problem": _problem(),
            },
            "responses": {"Problem": _problem_response()},
        },
    }


def _joined(parts: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """All of them; what several say of one path is put together."""
    found: dict[str, Any] = {}
    for part in parts:
        for name, described in part.items():
            found[name] = {**found.get(name, {}), **described}
    return found


def _problem_response() -> dict[str, Any]:
    return {
        "description": "What happened, why, who can help, and what to do (RFC 9457).",
        "content": {"application/problem+json": {"schema": reference("Problem")}},
    }


def _problem() -> dict[str, Any]:
    return {
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
            "approvals": {
                "type": "array",
                "description": "Of `approval-needed`: under which ids people were asked.",
                "items": {
                    "type": "object",
                    "properties": {
                        "id": {"type": "string", "format": "uuid"},
                        "links": {"type": "object", "additionalProperties": {"type": "string"}},
                    },
                    "required": ["id", "links"],
                },
            },
        },
        "required": ["type", "title", "status", "detail", "owner", "cure", "trace"],
    }
