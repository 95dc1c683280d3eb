"""/v1/envelopes: contracts with other companies, how far they are, and what is done with them."""

import asyncio
from typing import Any, get_args
from urllib.parse import quote

import msgspec
from aiohttp import web

from gateway.envelopes.interfaces import Envelopes
from gateway.envelopes.model import EnvelopeTold, Status
from gateway.http import answers
from gateway.http.envelopes import answers as envelope_answers
from gateway.http.envelopes.bodies import PersonInput, WhoInput, WhyInput, parsed_name
from gateway.http.envelopes.schemas import PATHS, SCHEMAS
from gateway.http.envelopes.submission import set_up
from gateway.http.errors import MalformedRequestProblem
from gateway.http.places import Places
from gateway.http.reading.intake import ModelT, parsed_json, read_body
from gateway.http.reading.queries import number_in
from gateway.http.routes import TOLD, WHO, Route

_ENVELOPES = "/v1/envelopes"
_ONE = f"{_ENVELOPES}/{{id}}"
_DOCUMENT = f"{_ONE}/documents/{{name}}"
_MOST_AT_ONCE, _USUAL = 100, 50
_MOST_WAIT_SECONDS, _USUAL_WAIT_SECONDS = 60, 30
_MOST_WATCHERS = 200
_MOST_BODY_BYTES = 1024
_BEGINNINGS = {
    b"%PDF-": "application/pdf",
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
}


class EnvelopeRoutes:
    """The handlers, and what they ask."""

    def __init__(self, envelopes: Envelopes | None, *, most_document_bytes: int) -> None:
        """Join them; without envelopes, as where no network is configured, each route says so."""
        self._set_up = envelopes
        self._most_document_bytes = most_document_bytes
        self._places = Places(_MOST_WATCHERS, "envelopes are being watched")

    def routes(self) -> tuple[Route, ...]:
        """What this file answers."""
        return (
            Route("POST", "/v1/persons", "envelope-person", "seal.use", self.person),
            Route("GET", _ENVELOPES, "envelopes", "document.read", self.envelopes),
            Route("GET", _ONE, "envelope", "document.read", self.envelope),
            Route("POST", f"{_ONE}/withdraw", "envelope-withdraw", "seal.use", self.withdraw),
            Route("POST", f"{_ONE}/decline", "envelope-decline", "seal.use", self.decline),
            Route("POST", f"{_ONE}/remind", "envelope-remind", "seal.use", self.remind),
            Route("POST", f"{_ONE}/links", "envelope-link", "seal.use", self.link),
            Route("POST", f"{_ONE}/release", "envelope-release", "seal.use", self.release),
            Route(
                "GET", f"{_ONE}/transcript", "envelope-transcript", "document.read", self.transcript
            ),
            Route("GET", _DOCUMENT, "envelope-document", "document.read", self.document),
            Route("PUT", _DOCUMENT, "envelope-attach", "seal.use", self.attach, bounded=True),
        )

    @property
    def _envelopes(self) -> Envelopes:
        return set_up(self._set_up)

    async def person(self, request: web.Request) -> web.StreamResponse:
        """A person's account on the network, by name and contact."""
        said = await _said(request, PersonInput)
        found = await self._envelopes.person(request[WHO].caller, said.name, said.contact)
        told: dict[str, object] = {"account": found.id}
        request[TOLD] = told
        return answers.plain_json(envelope_answers.person(found))

    async def envelopes(self, request: web.Request) -> web.StreamResponse:
        """The company's, the newest first."""
        found = await self._envelopes.listing(
            request[WHO].caller,
            status=_status(request),
            after=request.query.get("after"),
            most=number_in(request, "limit", usual=_USUAL, least=1, most=_MOST_AT_ONCE),
        )
        return answers.plain_json(envelope_answers.page(found))

    async def envelope(self, request: web.Request) -> web.StreamResponse:
        """One as it is, or as it is once something more has happened."""
        who, envelope = request[WHO], request.match_info["id"]
        if "beyond" not in request.query:
            return self._told(await self._envelopes.show(who.caller, envelope))
        beyond = number_in(request, "beyond", usual=0, least=0, most=2**31 - 1)
        seconds = number_in(
            request, "wait", usual=_USUAL_WAIT_SECONDS, least=0, most=_MOST_WAIT_SECONDS
        )
        with self._places.one(who.caller.system):
            return self._told(
                await self._envelopes.watch(who.caller, envelope, beyond=beyond, seconds=seconds)
            )

    async def withdraw(self, request: web.Request) -> web.StreamResponse:
        """Take one of ours back."""
        why, envelope = await _said(request, WhyInput), request.match_info["id"]
        return self._done(
            request,
            await self._envelopes.withdraw(request[WHO].caller, envelope, reason=why.reason),
        )

    async def decline(self, request: web.Request) -> web.StreamResponse:
        """Say that we will not sign."""
        why, envelope = await _said(request, WhyInput), request.match_info["id"]
        return self._done(
            request,
            await self._envelopes.decline(request[WHO].caller, envelope, reason=why.reason),
        )

    async def remind(self, request: web.Request) -> web.StreamResponse:
        """Have a party reminded."""
        who, envelope = await _said(request, WhoInput), request.match_info["id"]
        return self._done(
            request, await self._envelopes.remind(request[WHO].caller, envelope, who.party)
        )

    async def link(self, request: web.Request) -> web.StreamResponse:
        """A link that lets whoever has it sign as the party: kept by nobody on the way."""
        who, envelope = await _said(request, WhoInput), request.match_info["id"]
        link = await self._envelopes.link(request[WHO].caller, envelope, who.party)
        told: dict[str, object] = {"envelope": envelope, "party": who.party}
        request[TOLD] = told
        answer = answers.plain_json(msgspec.to_builtins(link))
        answer.headers["Cache-Control"] = "no-store"
        return answer

    async def release(self, request: web.Request) -> web.StreamResponse:
        """Let somebody else claim a delivery."""
        who, envelope = await _said(request, WhoInput), request.match_info["id"]
        return self._done(
            request, await self._envelopes.release(request[WHO].caller, envelope, who.party)
        )

    async def transcript(self, request: web.Request) -> web.StreamResponse:
        """All that was said of it."""
        envelope = request.match_info["id"]
        written = await self._envelopes.transcript(request[WHO].caller, envelope)
        name = f"{envelope}.transcript.json"
        return _file(written, name, kind="application/json")

    async def document(self, request: web.Request) -> web.StreamResponse:
        """A document as it is now, or what was given along."""
        envelope, name = request.match_info["id"], _name(request)
        content = await self._envelopes.document(request[WHO].caller, envelope, name)
        return _file(content, name, kind=_kind(content))

    async def attach(self, request: web.Request) -> web.StreamResponse:
        """The file of a document whose digest alone came by the network."""
        who, name = request[WHO], _name(request)
        body = await read_body(request, max_document_bytes=self._most_document_bytes)
        await asyncio.to_thread(who.check_body, body)
        envelope = request.match_info["id"]
        return self._done(
            request, await self._envelopes.attach(who.caller, envelope, name, content=body)
        )

    def _told(self, envelope: EnvelopeTold) -> web.StreamResponse:
        return answers.plain_json(envelope_answers.told(envelope))

    def _done(self, request: web.Request, envelope: EnvelopeTold) -> web.StreamResponse:
        told: dict[str, object] = {"envelope": envelope.id, "state": envelope.status}
        request[TOLD] = told
        return self._told(envelope)


def _kind(content: bytes) -> str:
    """By its first bytes: what others call their files is not passed on."""
    known = (kind for begins, kind in _BEGINNINGS.items() if content.startswith(begins))
    return next(known, "application/octet-stream")


def _file(content: bytes, name: str, *, kind: str) -> web.Response:
    return web.Response(
        body=content,
        content_type=kind,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"},
    )


async def _said(request: web.Request, model: type[ModelT]) -> ModelT:
    """A small body in JSON, which must be the one that was signed."""
    body = await read_body(request, max_document_bytes=0)
    if len(body) > _MOST_BODY_BYTES:
        raise MalformedRequestProblem(f"the body is longer than {_MOST_BODY_BYTES} bytes")
    request[WHO].check_body(body)
    return parsed_json(body, model, word="body")


def _name(request: web.Request) -> str:
    try:
        return parsed_name(request.match_info["name"])
    except ValueError as error:
        raise MalformedRequestProblem(str(error)) from None


def _status(request: web.Request) -> str | None:
    said = request.query.get("status")
    if said is not None and said not in get_args(Status):
        raise MalformedRequestProblem(
            f"`status` is {said[:40]!r}, and none of {', '.join(get_args(Status))}"
        )
    return said


def openapi_paths() -> dict[str, Any]:
    """What this file answers, described."""
    return PATHS


def openapi_schemas() -> dict[str, Any]:
    """The types that this file brings along."""
    return SCHEMAS
