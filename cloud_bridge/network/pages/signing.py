"""The pages on which a person signs, refuses or hands on, and the one that thanks."""

import re
from collections.abc import Mapping
from typing import Final

from aiohttp import web

from cloud_bridge.names import is_open
from cloud_bridge.network.http.routes import Route
from cloud_bridge.network.pages.asking import csrf_token
from cloud_bridge.network.pages.coming import is_checked
from cloud_bridge.network.pages.forms import (
    shown_faults,
    shown_fields,
    signature_given,
    values_given,
)
from cloud_bridge.network.pages.reading import ENDS
from cloud_bridge.network.pages.rendering import HEADERS, language_of, say
from cloud_bridge.network.pages.site import FORM, Guest, Site, see
from cloud_bridge.network.persons.errors import FieldsError
from cloud_bridge.network.persons.values import SIGNATURE, may_draw
from cloud_bridge.wire import NewPerson

_REASONS: Final = ("content", "mistake", "not-me", "other")
_LONGEST: Final = 1000
_LONGEST_NAME: Final = 64
_CONTACT: Final = re.compile(r"\+?[0-9][0-9 -]{4,24}|[^@\s]{1,64}@[^@\s]{1,180}")


class Signing:
    """What ends a visit."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> tuple[Route, ...]:
        """All of them."""
        visited = self._site.visited
        return (
            Route("GET", "/sign/act", visited(self.form), "page-form", who="page"),
            Route("POST", "/sign/act", visited(self.sign, posts=True), "page-sign", who="page"),
            Route("GET", "/sign/decline", visited(self.declining), "page-declining", who="page"),
            Route(
                "POST",
                "/sign/decline",
                visited(self.decline, posts=True),
                "page-decline",
                who="page",
            ),
            Route("GET", "/sign/forward", visited(self.forwarding), "page-forwarding", who="page"),
            Route(
                "POST",
                "/sign/forward",
                visited(self.forward, posts=True),
                "page-forward",
                who="page",
            ),
            Route("GET", "/sign/done", visited(self.done), "page-done", who="page"),
            Route("GET", "/persons-ca.pem", self.root, "persons-ca", who="page"),
        )

    async def form(self, request: web.Request, guest: Guest) -> web.StreamResponse:
        """Fields and signature."""
        has_acted = guest.standing.each.state in ENDS
        if not is_checked(guest) or has_acted or guest.visit.read_at is None:
            return see("/sign")
        if self._site.acting.overtaken(guest.visit, guest.standing):
            return see("/sign/read")
        hindrance = self._site.acting.hindrance(guest.standing)
        if hindrance is not None:
            return self._site.stop(request, hindrance, guest=guest)
        return self._form(request, guest, {}, {})

    async def sign(self, request: web.Request, guest: Guest) -> web.StreamResponse:
        """Sign; what is wrong is told beside each field, and nothing that was entered is lost."""
        if not is_checked(guest) or guest.visit.read_at is None:
            return see("/sign")
        form = request[FORM]
        try:
            await self._site.acting.sign(guest.visit, values_given(form), signature_given(form))
        except FieldsError as error:
            return self._form(request, guest, form, error.faults)
        return see("/sign/done")

    async def declining(self, request: web.Request, guest: Guest) -> web.StreamResponse:
        """Ask why."""
        if not is_checked(guest) or guest.standing.is_done:
            return see("/sign")
        return self._declining(request, guest)

    async def decline(self, request: web.Request, guest: Guest) -> web.StreamResponse:
        """Refuse."""
        if not is_checked(guest):
            return see("/sign")
        form = request[FORM]
        reason = form.get("reason", "")
        if reason not in _REASONS:
            return self._declining(request, guest, "fault_choice")
        await self._site.acting.decline(
            guest.visit, reason=reason, remark=form.get("remark", "").strip()[:_LONGEST]
        )
        return see("/sign/done")

    async def forwarding(self, request: web.Request, guest: Guest) -> web.StreamResponse:
        """Ask to whom."""
        if not is_checked(guest) or guest.standing.is_done:
            return see("/sign")
        return self._forwarding(request, guest)

    async def forward(self, request: web.Request, guest: Guest) -> web.StreamResponse:
        """Hand on to another person."""
        if not is_checked(guest) or guest.standing.is_done:
            return see("/sign")
        form = request[FORM]
        name, contact = form.get("name", "").strip(), form.get("contact", "").strip()
        is_name = 0 < len(name) <= _LONGEST_NAME and name.isprintable() and is_open(name)
        if not is_name or not _CONTACT.fullmatch(contact):
            return self._forwarding(request, guest, "fault_missing")
        person = await self._site.accounts.find_or_add(NewPerson(name=name, contact=contact))
        if person.id == guest.visit.account:
            return self._forwarding(request, guest, "fault_yourself")
        await self._site.acting.forward(guest.visit, to=person)
        language = language_of(request)
        return self._site.renderer.page(
            request,
            "stop.html",
            heading=say(language, "forwarded_title"),
            text=say(language, "forwarded_text", name=name, initiator=guest.initiator),
            retry="",
            retry_words="",
        )

    async def done(self, request: web.Request, guest: Guest) -> web.StreamResponse:
        """What was signed, by whom, and how it is checked."""
        standing, language = guest.standing, language_of(request)
        if not is_checked(guest) or standing.each.state not in ENDS:
            return see("/sign")
        await self._site.acting.opened(guest.visit)
        if standing.each.state == "declined":
            return self._site.renderer.page(
                request,
                "stop.html",
                heading=say(language, "declined_title"),
                text=say(language, "declined_text", initiator=guest.initiator),
                retry="",
                retry_words="",
            )
        return self._site.renderer.page(
            request,
            "done.html",
            step="" if standing.each.state == "copy" else "done",
            copy=standing.each.state == "copy",
            initiator=guest.initiator,
            stands=standing.state.status,
            documents=[
                {"name": each.name, "digest": standing.state.current[each.name]}
                for each in standing.state.terms.documents
            ],
            people=[
                {
                    "name": each.party.name or each.party.id,
                    "state": each.state,
                    "at": each.at,
                    "you": each.party.id == standing.party.id,
                }
                for each in standing.state.parties
            ],
            until=guest.visit.expires_at,
        )

    async def root(self, _request: web.Request) -> web.StreamResponse:
        """The certificate of the authority for persons."""
        return web.Response(
            body=self._site.root, content_type="application/x-pem-file", headers=HEADERS
        )

    def _form(
        self,
        request: web.Request,
        guest: Guest,
        form: Mapping[str, str],
        faults: Mapping[str, str],
    ) -> web.Response:
        language, party = language_of(request), guest.standing.party
        fields = shown_fields(party, values_given(form), faults, language)
        word = faults.get(SIGNATURE)
        return self._site.renderer.page(
            request,
            "act.html",
            step="sign",
            status=422 if faults else 200,
            csrf=csrf_token(guest.visit.secret),
            title=guest.title,
            initiator=guest.initiator,
            name=guest.standing.person.name,
            fields=fields,
            faults=shown_faults(fields, faults, language),
            signature_fault=None if word is None else say(language, f"fault_{word}"),
            may_draw=may_draw(party),
            may_type=party.handwriting != "required",
            way=form.get("way", "draw"),
            drawn=form.get("drawn", ""),
            typed=form.get("typed", ""),
        )

    def _declining(
        self, request: web.Request, guest: Guest, fault: str | None = None
    ) -> web.Response:
        return self._site.renderer.page(
            request,
            "decline.html",
            status=200 if fault is None else 422,
            csrf=csrf_token(guest.visit.secret),
            title=guest.title,
            initiator=guest.initiator,
            reasons=_REASONS,
            given=request.get(FORM, {}),
            fault=None if fault is None else say(language_of(request), fault),
        )

    def _forwarding(
        self, request: web.Request, guest: Guest, fault: str | None = None
    ) -> web.Response:
        return self._site.renderer.page(
            request,
            "forward.html",
            status=200 if fault is None else 422,
            csrf=csrf_token(guest.visit.secret),
            initiator=guest.initiator,
            given=request.get(FORM, {}),
            fault=None if fault is None else say(language_of(request), fault),
        )
