"""How a person comes in: the link, the language, the check."""

import io
from typing import Final

import segno
from aiohttp import web

from cloud_bridge.network.accounts.accounts import masked
from cloud_bridge.network.http.routes import Route
from cloud_bridge.network.pages.asking import ForeignFormError, csrf_token, form_of
from cloud_bridge.network.pages.rendering import (
    HEADERS,
    LANGUAGE_COOKIE,
    LANGUAGES,
    language_of,
    say,
)
from cloud_bridge.network.pages.site import FORM, Guest, Site, see
from cloud_bridge.network.persons import checks
from cloud_bridge.network.persons.errors import CheckError, LinkError

_YEAR_SECONDS: Final = 365 * 24 * 3600
_MINUTE: Final = 60
_HOUR: Final = 3600
_OF_SENDING: Final = frozenset({"too-soon", "too-many", "not-sent"})
"""What is wrong with sending a code, and not with what was entered."""


class Coming:
    """The pages before anything of the envelope is shown."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> tuple[Route, ...]:
        """All of them."""
        visited, told = self._site.visited, self._site.told
        check, send = visited(self.entered, posts=True), visited(self.send, posts=True)
        return (
            Route("GET", "/", self.home, "page-home", who="page"),
            Route("GET", "/s/{token}", told(self.landing), "page-link", who="page"),
            Route("POST", "/s/{token}", told(self.open), "page-open", who="page"),
            Route("GET", "/s/{token}/qr.svg", self.qr, "page-qr", who="page"),
            Route("POST", "/language", self.language, "page-language", who="page"),
            Route("GET", "/sign/check", visited(self.check), "page-check", who="page"),
            Route("POST", "/sign/check", check, "page-checked", who="page"),
            Route("POST", "/sign/check/send", send, "page-send-code", who="page"),
        )

    async def home(self, request: web.Request) -> web.StreamResponse:
        """What this server is, for whoever types its name; programs find nothing here."""
        if "text/html" not in request.headers.get("Accept", ""):
            raise web.HTTPNotFound
        return self._site.renderer.page(request, "home.html")

    async def landing(self, request: web.Request) -> web.StreamResponse:
        """The link itself. Looking at it opens nothing: messengers look, too."""
        token = request.match_info["token"]
        found = await self._site.links.look(token)
        if found == "used" and await self._opens(request, token):
            return see("/sign")
        if found == "fresh":
            about = await self._site.about(token)
            return self._site.renderer.page(
                request,
                "landing.html",
                token=token,
                initiator=about.initiator if about else "",
                title=about.title if about else "",
            )
        return self._refused(request, token, found)

    async def open(self, request: web.Request) -> web.StreamResponse:
        """Open the link: this browser gets the visit, and no other does."""
        try:
            await form_of(request, visit=None)
            visit = await self._site.links.open(
                request.match_info["token"], cookie=self._site.cookies.secret(request)
            )
        except ForeignFormError:
            return self._site.stop(request, "visit")
        except LinkError as error:
            return self._site.stop(request, error.reason)
        answer = see("/sign")
        left = visit.expires_at - self._site.time.now()
        self._site.cookies.give(answer, visit, seconds=int(left.total_seconds()))
        return answer

    async def qr(self, request: web.Request) -> web.StreamResponse:
        """The link as a QR code, for whoever sits at a desk and signs on a telephone."""
        token = request.match_info["token"]
        if await self._site.links.look(token) != "fresh":
            raise web.HTTPNotFound
        drawn = io.BytesIO()
        code = segno.make(f"{self._site.links.url}/s/{token}", error="m", micro=False)
        code.save(drawn, kind="svg", scale=4, border=4, light="#ffffff")
        headers = {**HEADERS, "Cache-Control": "no-store"}
        return web.Response(body=drawn.getvalue(), content_type="image/svg+xml", headers=headers)

    async def language(self, request: web.Request) -> web.StreamResponse:
        """Remember the language, and go back."""
        try:
            form = await form_of(request, visit=None)
        except ForeignFormError:
            return self._site.stop(request, "visit")
        back = form.get("back", "")
        inside = back.startswith("/") and not back.startswith(("//", "/\\")) and back.isprintable()
        answer = see(back if inside else "/sign")
        if form.get("language") in LANGUAGES:
            answer.set_cookie(
                LANGUAGE_COOKIE,
                form["language"],
                max_age=_YEAR_SECONDS,
                path="/",
                httponly=True,
                samesite="Lax",
            )
        return answer

    async def check(self, request: web.Request, guest: Guest) -> web.StreamResponse:
        """Ask whether it is the person who is meant."""
        if is_checked(guest):
            return see("/sign")
        return self._check(request, guest)

    async def send(self, request: web.Request, guest: Guest) -> web.StreamResponse:
        """Send a code, to whoever is asked for one."""
        if is_checked(guest):
            return see("/sign")
        if guest.method != checks.CODE:
            return see("/sign/check")
        try:
            await self._site.checks.send_code(guest.visit, language=language_of(request))
        except CheckError as error:
            return self._check(request, guest, error)
        return see("/sign/check")

    async def entered(self, request: web.Request, guest: Guest) -> web.StreamResponse:
        """Hold what was entered against what was sent, or is known."""
        form = request[FORM]
        try:
            match guest.method:
                case checks.ID_TAIL:
                    await self._site.checks.id_tail(guest.visit, form.get("tail", ""))
                case checks.TAIL:
                    await self._site.checks.tail(guest.visit, form.get("tail", ""))
                case _:
                    await self._site.checks.code(guest.visit, form.get("code", ""))
        except CheckError as error:
            return self._check(request, guest, error)
        return see("/sign")

    def _check(
        self, request: web.Request, guest: Guest, error: CheckError | None = None
    ) -> web.Response:
        visit, language = guest.visit, language_of(request)
        counts = visit.code_expires_at
        is_tail = guest.method in {checks.TAIL, checks.ID_TAIL}
        words = error and say(
            language,
            _key(error, is_tail=is_tail),
            seconds=error.seconds,
            minutes=-(-error.seconds // _MINUTE),
            hours=-(-error.seconds // _HOUR),
            initiator=guest.initiator,
        )
        gone = error is not None and error.reason in {"used-up", "expired", "not-sent"}
        return self._site.renderer.page(
            request,
            "check.html",
            step="check",
            status=200 if error is None else 422,
            csrf=csrf_token(visit.secret),
            name=guest.standing.person.name,
            initiator=guest.initiator,
            title=guest.title,
            contact=masked(guest.standing.person.contact),
            tail=guest.method if is_tail else "",
            sent=counts is not None and self._site.time.now() < counts and not gone,
            fault=words if error is not None and error.reason not in _OF_SENDING else None,
            counts=error.seconds if error is not None and error.reason == "too-soon" else 0,
            unsent=words if error is not None and error.reason in _OF_SENDING else None,
        )

    async def _opens(self, request: web.Request, token: str) -> bool:
        cookie = self._site.cookies.secret(request)
        if cookie is None or await self._site.links.visit(cookie) is None:
            return False
        try:
            await self._site.links.open(token, cookie=cookie)
        except LinkError:
            return False
        return True

    def _refused(self, request: web.Request, token: str, found: str) -> web.Response:
        self._site.links.refused(token, found)
        return self._site.stop(request, found)


def _key(error: CheckError, *, is_tail: bool) -> str:
    """Which words tell it."""
    match error.reason:
        case "used-up" if is_tail:
            return "check_tail_used-up"
        case "too-many" if error.seconds > _HOUR:
            return "check_too-many-today"
        case reason:
            return f"check_{reason}"


def is_checked(guest: Guest) -> bool:
    """Whether the person may see the documents."""
    visit = guest.visit
    if guest.standing.party.level == "none":
        return True
    # A code that this browser was asked for elsewhere does not say who the person is.
    enough = guest.method != checks.ID_TAIL or visit.method == checks.ID_TAIL
    return visit.checked_at is not None and enough
