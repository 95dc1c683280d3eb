"""/v1/stops: what is frozen, and what officers sign to freeze and to lift.

The caller must have the power, and the statements must be officers': whoever has only the one or
only the other stops nothing and lifts nothing.
"""

import asyncio
from typing import Annotated, Any

import msgspec
from aiohttp import web

from gateway.http import answers
from gateway.http.describing import PROBLEM, json_of, path_parameter, reference
from gateway.http.errors import MalformedRequestProblem, RequestTooSlowProblem
from gateway.http.routes import TOLD, WHO, Route
from gateway.stops.model import Stop
from gateway.stops.orders import MOST_STATEMENTS
from gateway.stops.room import StopRoom
from gateway.stops.scopes import touches
from policies.bundle import Bundle
from policies.model import Caller
from policies.powers import may

_STOPS = "/v1/stops"
_LIFTS = "/v1/stops/{id}/lifts"
_MOST_BYTES = 2 * 1024 * 1024
_BODY_SECONDS = 30


class _Statements(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body: compact statements, by an officer each."""

    statements: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=MOST_STATEMENTS)]


class Stops:
    """The handlers, and the room that they ask."""

    def __init__(self, room: StopRoom) -> None:
        self._room = room

    def routes(self) -> tuple[Route, ...]:
        """What this file answers. Nothing is bounded: a stop has to get through a full house."""
        return (
            Route("GET", _STOPS, "stops", "stop.read", self.stops),
            Route("POST", _STOPS, "freeze", "stop.freeze", self.freeze),
            Route("POST", _LIFTS, "lift", "stop.lift", self.lift),
        )

    async def stops(self, request: web.Request) -> web.StreamResponse:
        """What is frozen now; who only uses seals sees what may stop them, and no counterparty."""
        caller, wanted = request[WHO].caller, self._room.lifts_wanted
        if _sees_all(caller, self._room.bundle):
            listed = [_told(each, wanted) for each in self._room.book.live]
        else:
            listed = [
                _told(_without_counterparty(each), wanted)
                for each in self._room.book.live
                if touches(each.scope, caller, self._room.bundle)
            ]
        return answers.plain_json({"stops": listed})

    async def freeze(self, request: web.Request) -> web.StreamResponse:
        """Freeze; answered once it is in force."""
        stop = await self._room.freeze(await _statements(request))
        return self._answer(request, stop)

    async def lift(self, request: web.Request) -> web.StreamResponse:
        """One officer or more for the end of a freeze."""
        statements = await _statements(request)
        stop = await self._room.lift(statements, stop_id=request.match_info["id"])
        return self._answer(request, stop)

    def _answer(self, request: web.Request, stop: Stop) -> web.StreamResponse:
        request[TOLD] = {"stop": stop.id, "kind": stop.scope.kind, "lifted": stop.lifted}
        return answers.plain_json(_told(stop, self._room.lifts_wanted))


async def _statements(request: web.Request) -> tuple[str, ...]:
    body = bytearray()
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            async for piece in request.content.iter_any():
                body += piece
                if len(body) > _MOST_BYTES:
                    raise MalformedRequestProblem(f"the body is longer than {_MOST_BYTES} bytes")
    except TimeoutError:
        raise RequestTooSlowProblem(f"the body took longer than {_BODY_SECONDS} s") from None
    request[WHO].check_body(bytes(body))
    try:
        return msgspec.json.decode(bytes(body), type=_Statements).statements
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedRequestProblem(f"the body is not {{statements: […]}}: {error}") from None


def _sees_all(caller: Caller, bundle: Bundle) -> bool:
    """Whoever may read the policies: seal managers and auditors."""
    roles = bundle.roles
    held = (roles[role].power for role in caller.roles if role in roles)
    return may(held, "policy.read")


def _without_counterparty(stop: Stop) -> Stop:
    if stop.scope.kind != "counterparty":
        return stop
    # A customer's name is for those who decide, and a reason tells it as like as not.
    scope = msgspec.structs.replace(stop.scope, name="")
    return msgspec.structs.replace(stop, scope=scope, reason="")


def _told(stop: Stop, wanted: int) -> dict[str, Any]:
    return {
        "id": stop.id,
        "scope": {"kind": stop.scope.kind, "name": stop.scope.name},
        "reason": stop.reason,
        "by": stop.by,
        "at": stop.at,
        "audit": stop.audit_index,
        "lifts": stop.lifts,
        "liftsWanted": wanted,
        "lifted": stop.lifted,
    }


def openapi_paths() -> dict[str, Any]:
    """What this file answers, described."""
    stop = json_of(reference("Stop"))
    live = json_of({"type": "object", "properties": {"stops": _list_of(reference("Stop"))}})
    by_id = {"parameters": [path_parameter("id", "The freeze's id.")]}
    return {
        _STOPS: {
            "get": _described(
                "getStops", "What is frozen now, as far as it concerns the caller", live
            ),
            "post": {**_described("freeze", "Freeze what officers say", stop), **_body()},
        },
        _LIFTS: {
            "post": {
                **_described("lift", "Officers say that a freeze may end", stop),
                **_body(),
                **by_id,
            }
        },
    }


def openapi_schemas() -> dict[str, Any]:
    """The types that this file brings along."""
    text, number = {"type": "string"}, {"type": "integer"}
    kinds = ["seal", "company", "system", "counterparty", "gateway"]
    fields = {
        "id": text,
        "scope": {"type": "object", "properties": {"kind": {"enum": kinds}, "name": text}},
        "reason": text,
        "by": _list_of(text),
        "at": {"type": "string", "format": "date-time"},
        "audit": number,
        "lifts": _list_of(text),
        "liftsWanted": number,
        "lifted": {"type": "boolean"},
    }
    return {
        "Stop": {"type": "object", "properties": fields, "required": list(fields)},
        "StopStatements": {
            "type": "object",
            "properties": {"statements": _list_of(text)},
            "required": ["statements"],
        },
    }


def _body() -> dict[str, Any]:
    content = json_of(reference("StopStatements"))
    return {"requestBody": {"required": True, "content": content}}


def _list_of(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": schema}


def _described(operation: str, summary: str, content: dict[str, Any]) -> dict[str, Any]:
    return {
        "operationId": operation,
        "summary": summary,
        "responses": {
            "200": {"description": summary, "content": content},
            "default": PROBLEM,
        },
    }
