"""/v1/freezes: what is frozen, and what officers sign to freeze and to unfreeze.

The caller must have the power, and the statements must be officers': whoever has only the one or
only the other freezes nothing and ends nothing.
"""

from typing import Annotated, Any

import msgspec
from aiohttp import web

from gateway.freezes.model import Freeze
from gateway.freezes.orders import MOST_STATEMENTS
from gateway.freezes.scopes import touches
from gateway.freezes.service import FreezeService
from gateway.http import answers
from gateway.http.describing import answered, json_of, list_of, path_parameter, reference
from gateway.http.errors import MalformedRequestProblem
from gateway.http.reading.small_bodies import read_small_body
from gateway.http.routes import TOLD, WHO, Route
from policies.bundle import Bundle
from policies.model import Caller
from policies.powers import may

_FREEZES = "/v1/freezes"
_UNFREEZES = "/v1/freezes/{id}/unfreezes"
_MOST_BYTES = 2 * 1024 * 1024


class _Statements(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body: compact statements, by an officer each."""

    statements: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=MOST_STATEMENTS)]


class Freezes:
    """The handlers, and what they ask."""

    def __init__(self, service: FreezeService) -> None:
        self._service = service

    def routes(self) -> tuple[Route, ...]:
        """What this file answers. Nothing is bounded: a freeze has to get through a full house."""
        return (
            Route("GET", _FREEZES, "freezes", "freeze.read", self.freezes),
            Route("POST", _FREEZES, "freeze", "freeze.begin", self.freeze),
            Route("POST", _UNFREEZES, "unfreeze", "freeze.end", self.unfreeze),
        )

    async def freezes(self, request: web.Request) -> web.StreamResponse:
        """What is frozen now; who only uses seals sees what may stop them, and no counterparty."""
        caller, wanted = request[WHO].caller, self._service.unfreezes_wanted
        if _sees_all(caller, self._service.bundle):
            listed = [_told(each, wanted) for each in self._service.book.live]
        else:
            listed = [
                _told(_without_counterparty(each), wanted)
                for each in self._service.book.live
                if touches(each, caller, self._service.bundle)
            ]
        return answers.plain_json({"freezes": listed})

    async def freeze(self, request: web.Request) -> web.StreamResponse:
        """Freeze; answered once it is in force."""
        freeze = await self._service.freeze(await _statements(request))
        return self._answer(request, freeze)

    async def unfreeze(self, request: web.Request) -> web.StreamResponse:
        """One officer or more for the end of a freeze."""
        statements = await _statements(request)
        freeze = await self._service.unfreeze(statements, freeze_id=request.match_info["id"])
        return self._answer(request, freeze)

    def _answer(self, request: web.Request, freeze: Freeze) -> web.StreamResponse:
        request[TOLD] = {"freeze": freeze.id, "kind": freeze.scope.kind, "ended": freeze.ended}
        return answers.plain_json(_told(freeze, self._service.unfreezes_wanted))


async def _statements(request: web.Request) -> tuple[str, ...]:
    body = await read_small_body(request, most_bytes=_MOST_BYTES)
    try:
        return msgspec.json.decode(body, type=_Statements).statements
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedRequestProblem(f"the body is not {{statements: […]}}: {error}") from None


def _sees_all(caller: Caller, bundle: Bundle) -> bool:
    """Whoever may read the policies: seal managers and auditors."""
    roles = bundle.roles
    held = (roles[role].power for role in caller.roles if role in roles)
    return may(held, "policy.read")


def _without_counterparty(freeze: Freeze) -> Freeze:
    if freeze.scope.kind != "counterparty":
        return freeze
    # A customer's name is for those who decide, and a reason tells it as like as not.
    scope = msgspec.structs.replace(freeze.scope, name="")
    return msgspec.structs.replace(freeze, scope=scope, reason="")


def _told(freeze: Freeze, wanted: int) -> dict[str, Any]:
    return {
        "id": freeze.id,
        "scope": {"kind": freeze.scope.kind, "name": freeze.scope.name},
        "reason": freeze.reason,
        "by": freeze.by,
        "at": freeze.at,
        "audit": freeze.audit_index,
        "unfreezes": freeze.unfreezes,
        "unfreezesWanted": wanted,
        "ended": freeze.ended,
    }


def openapi_paths() -> dict[str, Any]:
    """What this file answers, described."""
    freeze = json_of(reference("Freeze"))
    live = json_of({"type": "object", "properties": {"freezes": list_of(reference("Freeze"))}})
    by_id = {"parameters": [path_parameter("id", "The freeze's id.")]}
    return {
        _FREEZES: {
            "get": answered(
                "getFreezes", "What is frozen now, as far as it concerns the caller", live
            ),
            "post": {**answered("freeze", "Freeze what officers say", freeze), **_body()},
        },
        _UNFREEZES: {
            "post": {
                **answered("unfreeze", "Officers say that a freeze may end", freeze),
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
        "by": list_of(text),
        "at": {"type": "string", "format": "date-time"},
        "audit": number,
        "unfreezes": list_of(text),
        "unfreezesWanted": number,
        "ended": {"type": "boolean"},
    }
    return {
        "Freeze": {"type": "object", "properties": fields, "required": list(fields)},
        "FreezeStatements": {
            "type": "object",
            "properties": {"statements": list_of(text)},
            "required": ["statements"],
        },
    }


def _body() -> dict[str, Any]:
    content = json_of(reference("FreezeStatements"))
    return {"requestBody": {"required": True, "content": content}}
