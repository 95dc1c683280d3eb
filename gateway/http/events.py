"""/v1/events and /v1/webhooks: what a system was told, or missed, and to be told once more."""

from collections.abc import Callable
from typing import Any, get_args

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
from gateway.http.reading.small_bodies import read_small_body
from gateway.http.routes import TOLD, WHO, Route
from gateway.returns.model import EventType
from gateway.returns.records import EventReader, Standing
from gateway.returns.replaying import Replays
from gateway.returns.webhooks.message import told

_EVENTS = "/v1/events"
_EVENT = "/v1/events/{id}"
_REDELIVER = "/v1/events/{id}/redeliver"
_WEBHOOKS = "/v1/webhooks"
_REPLAY = "/v1/webhooks/{name}/replay"
_MOST_BYTES = 4096
_LIMIT = 100
_MOST = 1000
_LARGEST = 2**62


class _Stretch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a replay: numbers of events, both left out of it."""

    after: int | None = None
    before: int | None = None


class Events:
    """The handlers, and what they ask. A system sees its own events, and its own webhooks."""

    def __init__(
        self, replays: Replays, events: EventReader, *, standing: Callable[[str], str]
    ) -> None:
        self._replays = replays
        self._events = events
        self._standing = standing

    def routes(self) -> tuple[Route, ...]:
        """What this file answers."""
        return (
            Route("GET", _EVENTS, "events", "document.read", self.events),
            Route("GET", _EVENT, "event", "document.read", self.event),
            Route("POST", _REDELIVER, "redeliver", "seal.use", self.redeliver),
            Route("GET", _WEBHOOKS, "webhooks", "document.read", self.webhooks),
            Route("POST", _REPLAY, "replay", "seal.use", self.replay),
        )

    async def events(self, request: web.Request) -> web.StreamResponse:
        """The caller's events behind a number; `next` is where the next page begins."""
        after = _number(request, "after", otherwise=0, most=_LARGEST)
        limit = _number(request, "limit", otherwise=_LIMIT, most=_MOST)
        found = await self._replays.page(request[WHO].caller.system, after, most=max(limit, 1))
        following = found[-1].sequence if found else after
        return answers.plain_json({"events": list(map(told, found)), "next": following})

    async def event(self, request: web.Request) -> web.StreamResponse:
        """One event, and how it stands with its deliveries."""
        kept, standings = await self._replays.event(
            request.match_info["id"], request[WHO].caller.system
        )
        return answers.plain_json({**told(kept), "deliveries": list(map(_standing, standings))})

    async def redeliver(self, request: web.Request) -> web.StreamResponse:
        """Bring an event once more to all who are told of it."""
        await read_small_body(request, most_bytes=_MOST_BYTES)
        event_id = request.match_info["id"]
        names = await self._replays.redeliver(event_id, request[WHO].caller.system)
        line: dict[str, object] = {"redelivered": event_id, "webhooks": len(names)}
        request[TOLD] = line
        return answers.plain_json({"webhooks": names}, status=202)

    async def webhooks(self, request: web.Request) -> web.StreamResponse:
        """The webhooks that are told of the caller's events, and whether they take them."""
        listed = [
            {
                "name": each.name,
                "events": sorted(each.events),
                "standing": self._standing(each.name),
                "failing": await self._events.count(each.name, "failing"),
                "givenUp": await self._events.count(each.name, "given-up"),
            }
            for each in self._replays.webhooks_of(request[WHO].caller.system)
        ]
        return answers.plain_json({"webhooks": listed})

    async def replay(self, request: web.Request) -> web.StreamResponse:
        """Bring the caller's events of a stretch once more; a stopped webhook goes on."""
        stretch = _stretch(await read_small_body(request, most_bytes=_MOST_BYTES))
        name = request.match_info["name"]
        deliveries = await self._replays.replay(
            name, request[WHO].caller.system, after=stretch.after, before=stretch.before
        )
        request[TOLD] = {"webhook": name, "deliveries": deliveries}
        return answers.plain_json({"deliveries": deliveries}, status=202)


def _number(request: web.Request, name: str, *, otherwise: int, most: int) -> int:
    text = request.query.get(name)
    if text is None:
        return otherwise
    if not (text.isascii() and text.isdigit() and len(text) < len(str(most)) + 1):
        raise MalformedRequestProblem(f"{name}={text!r} is no whole number up to {most}")
    return min(int(text), most)


def _stretch(body: bytes) -> _Stretch:
    try:
        return msgspec.json.decode(body or b"{}", type=_Stretch)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedRequestProblem(f"the body is not {{after, before}}: {error}") from None


def _standing(each: Standing) -> dict[str, Any]:
    return {
        "webhook": each.target,
        "state": each.state,
        "tries": each.tries,
        "at": each.at,
        "answer": each.answer,
    }


def openapi_paths() -> dict[str, Any]:
    """What this file answers, described."""
    events = {
        "type": "object",
        "properties": {"events": list_of(reference("Event")), "next": {"type": "integer"}},
        "required": ["events", "next"],
    }
    webhooks = {"type": "object", "properties": {"webhooks": list_of(reference("Webhook"))}}
    names = {"type": "object", "properties": {"webhooks": list_of({"type": "string"})}}
    count = {"type": "object", "properties": {"deliveries": {"type": "integer"}}}
    stretch = {
        "type": "object",
        "properties": {"after": {"type": "integer"}, "before": {"type": "integer"}},
    }
    number = {"type": "integer", "minimum": 0}
    return {
        _EVENTS: {
            "get": {
                **answered("getEvents", "The caller's events, in order", json_of(events)),
                "parameters": [
                    query_parameter(
                        "after", number, "The number of the last event that you have; 0 at first."
                    ),
                    query_parameter(
                        "limit",
                        number,
                        f"Events in one answer, {_LIMIT} by default, {_MOST} at most.",
                    ),
                ],
            }
        },
        _EVENT: {
            "get": {
                **answered("getEvent", "An event and its deliveries", json_of(reference("Event"))),
                "parameters": [path_parameter("id", "The event's id: the webhook-id.")],
            }
        },
        _REDELIVER: {
            "post": {
                **answered("redeliver", "Bring an event once more", json_of(names), status="202"),
                "parameters": [path_parameter("id", "The event's id: the webhook-id.")],
            }
        },
        _WEBHOOKS: {
            "get": answered("getWebhooks", "Who is told of the caller's events", json_of(webhooks))
        },
        _REPLAY: {
            "post": {
                **answered("replay", "Bring events once more", json_of(count), status="202"),
                "requestBody": {"content": json_of(stretch)},
                "parameters": [path_parameter("name", "The webhook's name.")],
            }
        },
    }


def openapi_schemas() -> dict[str, Any]:
    """The types that this file brings along."""
    text, number = {"type": "string"}, {"type": "integer"}
    moment = {"type": "string", "format": "date-time"}
    event = {
        "type": {"enum": list(get_args(EventType))},
        "timestamp": moment,
        "id": text,
        "sequence": number,
        "data": {"type": "object"},
    }
    delivery = {
        "webhook": text,
        "state": {"enum": ["delivered", "failing", "given-up"]},
        "tries": number,
        "at": moment,
        "answer": text,
    }
    webhook = {
        "name": text,
        "events": list_of(text),
        "standing": {"enum": ["taking", "away", "stopped"]},
        "failing": number,
        "givenUp": number,
    }
    return {
        "Event": {
            "type": "object",
            "properties": {
                **event,
                "deliveries": list_of({"type": "object", "properties": delivery}),
            },
            "required": list(event),
        },
        "Webhook": {"type": "object", "properties": webhook, "required": list(webhook)},
    }
