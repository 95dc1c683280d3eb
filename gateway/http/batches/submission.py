"""POST /v1/batches: documents that come together."""

import asyncio
from collections.abc import Callable
from typing import Any

from aiohttp import web

from gateway.batches.model import BatchOrder
from gateway.batches.service import BatchService
from gateway.feeds.stocks import Stocks
from gateway.http import answers
from gateway.http.batches import answers as batch_answers
from gateway.http.batches.bodies import BatchBody, BatchInput, LyingReady
from gateway.http.describing import PDF, PROBLEM, json_of, list_of, reference
from gateway.http.reading.intake import idempotency_key
from gateway.http.reading.uploads import Uploads
from gateway.http.routes import TOLD, TRACE, WHO, Route
from gateway.seals.in_force import InForce

_PATH = "/v1/batches"


class BatchSubmission:
    """The handler, and where bodies lie while they come."""

    def __init__(
        self,
        service: BatchService,
        *,
        uploads: Uploads,
        in_force: Callable[[], InForce],
        most_document_bytes: int,
        stocks: Stocks,
    ) -> None:
        self._stocks = stocks
        self._service = service
        self._uploads = uploads
        self._in_force = in_force
        self._most_document_bytes = most_document_bytes

    def routes(self) -> tuple[Route, ...]:
        """What this file answers."""
        return (Route("POST", _PATH, "batch-submit", "seal.use", self.submit, bounded=True),)

    async def submit(self, request: web.Request) -> web.StreamResponse:
        """Take a batch in; answered once all of it would survive a power cut."""
        key, who = idempotency_key(request), request[WHO]
        async with self._uploads.receive(request, system=who.caller.system) as upload:
            who.check_digests(upload.digests)
            body = await asyncio.to_thread(
                BatchBody,
                upload,
                in_force=self._in_force,
                most_document_bytes=self._most_document_bytes,
                lying_ready=self._lying_ready(),
            )
            if body.order.files_from is not None:
                self._stocks.prove(body.order.files_from, who.caller)
            order = BatchOrder(
                caller=who.caller,
                idempotency_key=key,
                trace_id=request[TRACE],
                options=body.order.options,
                nonce=who.nonce,
            )
            row = await self._service.submit(order, body.items())
        request[TOLD] = {"batch": row.id, "system": row.system, "items": row.items}
        answer = answers.plain_json(batch_answers.batch(row), status=202)
        answer.headers["Location"] = f"{_PATH}/{row.id}"
        return answer

    def _lying_ready(self) -> LyingReady:
        """The connectors' own calls are the event loop's; bodies are read beside it."""
        loop = asyncio.get_running_loop()

        def document(connector: str, name: str, most_bytes: int) -> bytes | None:
            asked = self._stocks.document(connector, name, most_bytes=most_bytes)
            return asyncio.run_coroutine_threadsafe(asked, loop).result()

        return document


def openapi_paths() -> dict[str, Any]:
    """What this file answers, described."""
    return {
        _PATH: {
            "post": {
                "operationId": "submitBatch",
                "summary": "Have documents sealed that come together",
                "description": "Answers when all of it is durable; each document then gets a "
                "result of its own. The part `batch` says how it is to be done. Documents come as "
                "parts `document`, each with its file's name, with or without a `manifest` (CSV, "
                "or JSON lines); or as one ZIP, `archive`, which may have a manifest inside; or as "
                "a `manifest` alone, whose files lie ready at the connector `filesFrom`. The same "
                "Idempotency-Key with the same content gives the same batch again.",
                "parameters": [
                    {
                        "name": "Idempotency-Key",
                        "in": "header",
                        "required": True,
                        "schema": {"type": "string", "pattern": "^[\\x21-\\x7e]{1,255}$"},
                    },
                ],
                "requestBody": {"required": True, "content": _body()},
                "responses": {
                    "202": {
                        "description": "It will be done; `Location` tells how far it is.",
                        "content": json_of(reference("Batch")),
                    },
                    "default": PROBLEM,
                },
            }
        }
    }


def _body() -> dict[str, Any]:
    binary = {"type": "string", "format": "binary"}
    return {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {
                    "batch": reference("BatchRequest"),
                    "archive": {**binary, "contentMediaType": "application/zip"},
                    "manifest": binary,
                    "document": list_of(PDF),
                },
                "required": ["batch"],
                "additionalProperties": False,
            },
            "encoding": {"batch": {"contentType": "application/json"}},
        }
    }


def openapi_schemas() -> dict[str, Any]:
    """The types that this file brings along."""
    request = BatchInput.model_json_schema(
        by_alias=True, ref_template="#/components/schemas/{model}"
    )
    inner = request.pop("$defs", {})
    return {"BatchRequest": request, **inner}
