"""POST /v1/envelopes: a contract is sent to whoever is to sign it."""

from functools import partial
from typing import Any

from aiohttp import web

from gateway.envelopes.interfaces import Envelopes
from gateway.http import answers
from gateway.http.describing import PDF, PROBLEM, json_of, list_of, reference
from gateway.http.envelopes import answers as envelope_answers
from gateway.http.envelopes.bodies import EnvelopeInput, read_envelope
from gateway.http.errors import EnvelopesNotSetUpProblem
from gateway.http.reading.intake import idempotency_key
from gateway.http.reading.uploads import Uploads
from gateway.http.routes import TOLD, WHO, Route
from gateway.signing.digests import beside_the_loop

_PATH = "/v1/envelopes"


def set_up(envelopes: Envelopes | None) -> Envelopes:
    """What takes envelopes, or a problem that says why nothing does."""
    if envelopes is None:
        raise EnvelopesNotSetUpProblem("config.yaml has no `bridge:`")
    return envelopes


class EnvelopeSubmission:
    """The handler, and where bodies lie while they come."""

    def __init__(
        self, envelopes: Envelopes | None, *, uploads: Uploads, most_document_bytes: int
    ) -> None:
        self._envelopes = envelopes
        self._uploads = uploads
        self._most_document_bytes = most_document_bytes

    def routes(self) -> tuple[Route, ...]:
        """What this file answers."""
        return (Route("POST", _PATH, "envelope-submit", "seal.use", self.submit, bounded=True),)

    async def submit(self, request: web.Request) -> web.StreamResponse:
        """Take an envelope in; answered once it would survive a power cut."""
        envelopes = set_up(self._envelopes)
        key, who = idempotency_key(request), request[WHO]
        async with self._uploads.receive(request, system=who.caller.system) as upload:
            who.check_digests(upload.digests)
            read = partial(read_envelope, upload, most_document_bytes=self._most_document_bytes)
            new, files = await beside_the_loop(sum(each.length for each in upload.parts), read)
        taken = await envelopes.create(who.caller, new, files, key=key)
        envelope = taken.envelope
        told: dict[str, object] = {"envelope": envelope.id, "repeated": taken.repeated}
        request[TOLD] = told
        answer = answers.plain_json(envelope_answers.accepted(taken), status=202)
        answer.headers["Location"] = f"{_PATH}/{envelope.id}"
        answer.headers["Sealgate-Repeated"] = "true" if taken.repeated else "false"
        return answer


def openapi_paths() -> dict[str, Any]:
    """What this file answers, described."""
    return {
        _PATH: {
            "post": {
                "operationId": "sendEnvelope",
                "summary": "Send documents to whoever is to sign them",
                "description": "Answers when all of it is durable here; it reaches the network "
                "whenever that can be reached. The part `envelope` says who signs what; documents "
                "come as parts `document`, each with its file's name. The same Idempotency-Key "
                "with the same content gives the same envelope again.",
                "parameters": [
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
                                    "envelope": reference("EnvelopeRequest"),
                                    "document": list_of(PDF),
                                },
                                "required": ["envelope", "document"],
                                "additionalProperties": False,
                            },
                            "encoding": {"envelope": {"contentType": "application/json"}},
                        }
                    },
                },
                "responses": {
                    "202": {
                        "description": "It goes out by itself; `Location` tells how far it is.",
                        "content": json_of(reference("AcceptedEnvelope")),
                    },
                    "default": PROBLEM,
                },
            }
        }
    }


def openapi_schemas() -> dict[str, Any]:
    """The types that this file brings along."""
    request = EnvelopeInput.model_json_schema(
        by_alias=True, ref_template="#/components/schemas/{model}"
    )
    inner = request.pop("$defs", {})
    return {"EnvelopeRequest": request, **inner}
