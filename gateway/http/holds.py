"""/v1/holds: legal holds, by which content is kept whatever its age."""

from typing import Annotated, Any, TypeVar

import msgspec
from aiohttp import web

from gateway.http import answers
from gateway.http.describing import (
    answered,
    json_of,
    list_of,
    path_parameter,
    query_parameter,
    reference,
)
from gateway.http.errors import MalformedRequestProblem
from gateway.http.reading.intake import read_body
from gateway.http.routes import TOLD, WHO, Route
from gateway.retention.holds import HoldBook
from gateway.retention.model import Hold

_HOLDS = "/v1/holds"
_END = "/v1/holds/{id}/end"
_MOST_BYTES = 16 * 1024

BodyT = TypeVar("BodyT")


class _NewHold(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    company: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]
    business_number: Annotated[str, msgspec.Meta(max_length=200)] = ""
    document_type: Annotated[str, msgspec.Meta(max_length=100)] = ""


class _End(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Holds:
    """The handlers, and what they ask."""

    def __init__(self, book: HoldBook) -> None:
        self._book = book

    def routes(self) -> tuple[Route, ...]:
        """What this file answers."""
        return (
            Route("GET", _HOLDS, "holds", "hold.read", self.holds),
            Route("POST", _HOLDS, "hold", "hold.begin", self.begin),
            Route("POST", _END, "hold-end", "hold.end", self.end),
        )

    async def holds(self, request: web.Request) -> web.StreamResponse:
        """Those of the caller's companies; with `?all` also those that have ended."""
        if request.query.keys() - {"all"}:
            raise MalformedRequestProblem(f"{request.query_string!r}: the query is `all`, or none")
        listed = await self._book.listed(request[WHO].caller, live_only="all" not in request.query)
        return answers.plain_json({"holds": [_told(each) for each in listed]})

    async def begin(self, request: web.Request) -> web.StreamResponse:
        """Hold documents; answered once it is in force."""
        new = await _body(request, _NewHold)
        hold = await self._book.begin(
            request[WHO].caller,
            company=new.company,
            business_number=new.business_number,
            document_type=new.document_type,
            reason=new.reason,
        )
        told: dict[str, object] = {"hold": hold.id}
        request[TOLD] = told
        return answers.plain_json(_told(hold))

    async def end(self, request: web.Request) -> web.StreamResponse:
        """End a hold."""
        await _body(request, _End)
        hold = await self._book.end(request[WHO].caller, request.match_info["id"])
        told: dict[str, object] = {"hold": hold.id}
        request[TOLD] = told
        return answers.plain_json(_told(hold))


async def _body(request: web.Request, model: type[BodyT]) -> BodyT:
    body = await read_body(request, max_document_bytes=_MOST_BYTES)
    request[WHO].check_body(body)
    try:
        return msgspec.json.decode(body, type=model)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedRequestProblem(f"the body: {error}") from None


def _told(hold: Hold) -> dict[str, Any]:
    return {
        "id": hold.id,
        "company": hold.company,
        "businessNumber": hold.business_number,
        "documentType": hold.document_type,
        "reason": hold.reason,
        "by": hold.by,
        "at": hold.at,
        "audit": hold.audit_index,
        "endedBy": hold.ended_by,
        "endedAt": hold.ended_at,
        "endAudit": hold.end_index,
    }


def openapi_paths() -> dict[str, Any]:
    """What this file answers, described."""
    listed = {
        "type": "object",
        "properties": {"holds": list_of(reference("Hold"))},
        "required": ["holds"],
    }
    one = json_of(reference("Hold"))
    return {
        _HOLDS: {
            "get": {
                **answered("getHolds", "Legal holds of the caller's companies", json_of(listed)),
                "parameters": [
                    query_parameter("all", {"type": "string"}, "Also those that have ended.")
                ],
            },
            "post": {
                **answered("hold", "Keep content whatever its age", one),
                "requestBody": {"required": True, "content": json_of(reference("NewHold"))},
            },
        },
        _END: {
            "post": {
                **answered("endHold", "End a legal hold", one),
                "parameters": [path_parameter("id", "The hold's id.")],
                "requestBody": {"required": True, "content": json_of({"type": "object"})},
            }
        },
    }


def openapi_schemas() -> dict[str, Any]:
    """The types that this file brings along."""
    text, number = {"type": "string"}, {"type": "integer"}
    moment = {"type": "string", "format": "date-time"}
    scope = {"company": text, "businessNumber": text, "documentType": text, "reason": text}
    ended = {
        "endedBy": {"type": ["string", "null"]},
        "endedAt": {"type": ["string", "null"], "format": "date-time"},
        "endAudit": {"type": ["integer", "null"]},
    }
    fields = {"id": text, **scope, "by": text, "at": moment, "audit": number, **ended}
    return {
        "NewHold": {"type": "object", "properties": scope, "required": ["company", "reason"]},
        "Hold": {"type": "object", "properties": fields, "required": list(fields)},
    }
