"""POST /v1/seals/{seal}/documents: a document is sealed."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web

from gateway.http import answers
from gateway.http.callers.authentication import Authenticated
from gateway.http.describing import PDF, PROBLEM, path_parameter, reference
from gateway.http.errors import OverloadedProblem
from gateway.http.operation.metrics import Metrics
from gateway.http.reading.intake import (
    SealRequestInput,
    Submission,
    idempotency_key,
    read_body,
    read_submission,
)
from gateway.http.routes import TOLD, TRACE, WHO, Route
from gateway.signing.model import SealedDocument, SigningRequest
from gateway.signing.service import SigningService

_PATH = "/v1/seals/{seal}/documents"
_MOST_BYTES_AT_ONCE = 1024**3
# Up to here hashing is quicker than handing it to a thread and back.
_BESIDE_THE_LOOP_BYTES = 512 * 1024


class Sealing:
    """The handler, and the room for the documents that it has in hand."""

    def __init__(
        self, *, signing: SigningService, metrics: Metrics, max_document_bytes: int
    ) -> None:
        self._signing = signing
        self._metrics = metrics
        self._max_document_bytes = max_document_bytes
        self._bytes_under_way = 0

    def routes(self) -> tuple[Route, ...]:
        """What this file answers."""
        return (Route("POST", _PATH, "seal", "seal.use", self.seal, bounded=True),)

    async def seal(self, request: web.Request) -> web.StreamResponse:
        """Seal one document."""
        key = idempotency_key(request)
        with self._room_for(request.content_length or self._max_document_bytes):
            submission = await self._submission(request, request[WHO])
            return await self._seal(request, request[WHO], key, submission)

    async def _submission(self, request: web.Request, who: Authenticated) -> Submission:
        """What the body says. The body itself is not kept: it may be large."""
        body = await read_body(request, max_document_bytes=self._max_document_bytes)
        if len(body) <= _BESIDE_THE_LOOP_BYTES:
            who.check_body(body)
        else:
            await asyncio.to_thread(who.check_body, body)
        return read_submission(
            request.headers.get("Content-Type", ""),
            body,
            max_document_bytes=self._max_document_bytes,
        )

    async def _seal(
        self, request: web.Request, who: Authenticated, key: str, submission: Submission
    ) -> web.StreamResponse:
        first = submission.request.seal_request(caller=who.caller, seal=request.match_info["seal"])
        sealed = await self._signing.seal(
            SigningRequest(
                seal_request=first,
                idempotency_key=key,
                trace_id=request[TRACE],
                nonce=who.nonce,
                further=submission.request.further_requests(first),
                approval_tokens=submission.request.approvals,
            ),
            submission.document,
        )
        request[TOLD] = _told(sealed)
        if not sealed.repeated:
            for row in sealed.parts or (sealed.row,):
                self._metrics.count_sealed(row.seal)
        if "application/json" in request.headers.get("Accept", ""):
            return answers.json_response(sealed)
        return answers.pdf_response(sealed)

    @contextmanager
    def _room_for(self, length: int) -> Iterator[None]:
        """Bound the bodies that are in memory together, whatever the number of requests."""
        if self._bytes_under_way and self._bytes_under_way + length > _MOST_BYTES_AT_ONCE:
            raise OverloadedProblem(f"{self._bytes_under_way} bytes of documents are under way")
        self._bytes_under_way += length
        try:
            yield
        finally:
            self._bytes_under_way -= length


def _told(sealed: SealedDocument) -> dict[str, object]:
    told: dict[str, object] = {
        "document": sealed.row.id,
        "system": sealed.row.system,
        "seal": sealed.row.seal,
        "audit_intent": sealed.row.intent_index,
        "audit_outcome": sealed.row.outcome_index,
        "repeated": sealed.repeated,
    }
    if sealed.parts:
        told["seals"] = [part.seal for part in sealed.parts]
    return told


def openapi_paths() -> dict[str, Any]:
    """What this file answers, described."""
    return {
        _PATH: {
            "post": {
                "operationId": "sealDocument",
                "summary": "Seal one document",
                "description": "Answers when the sealed document and its record are durable. The "
                "same Idempotency-Key with the same content gives the same sealed document again. "
                "With further seals the document carries all of them, or none is released.",
                "parameters": [
                    path_parameter("seal", "The seal's id."),
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
                                    "document": PDF,
                                    "request": reference("SealRequest"),
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
                        "description": "The sealed document, or (Accept: application/json) its "
                        "metadata.",
                        "content": {
                            "application/pdf": {"schema": PDF},
                            "application/json": {"schema": reference("Document")},
                        },
                    },
                    "default": PROBLEM,
                },
            }
        }
    }


def openapi_schemas() -> dict[str, Any]:
    """The types that this file brings along."""
    request = SealRequestInput.model_json_schema(
        by_alias=True, ref_template="#/components/schemas/{model}"
    )
    inner = request.pop("$defs", {})
    return {"SealRequest": request, **inner}
