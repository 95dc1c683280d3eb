"""What all pages share: who comes, where it stands, and the page that says why not."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import structlog
from aiohttp import web

from cloud_bridge.interfaces import Time
from cloud_bridge.model import LEVELS, Party
from cloud_bridge.network.accounts.accounts import Accounts
from cloud_bridge.network.http.routes import Handler, told_path
from cloud_bridge.network.pages.asking import Cookies, ForeignFormError, form_of
from cloud_bridge.network.pages.rendering import Renderer, language_of, say
from cloud_bridge.network.persons.acting import Acting, Standing
from cloud_bridge.network.persons.checks import Checks
from cloud_bridge.network.persons.errors import ActError
from cloud_bridge.network.persons.links import PersonLinks
from cloud_bridge.network.persons.model import Visit
from cloud_bridge.network.problems import ContentMissingProblem, NetworkProblem

Visited = Callable[[web.Request, "Guest"], Awaitable[web.StreamResponse]]
_GONE: Final = frozenset({"over", "visit"})
_log = structlog.get_logger("network.pages")


@dataclass(frozen=True, slots=True)
class Guest:
    """Who asks: the visit, where its person stands, who sent the envelope, how it is checked."""

    visit: Visit
    standing: Standing
    initiator: str
    method: str

    @property
    def title(self) -> str:
        """The envelope's."""
        return self.standing.state.terms.title


@dataclass(frozen=True, slots=True)
class About:
    """By what a person trusts a link: who sent the envelope, and what it is called."""

    initiator: str
    title: str


@dataclass(frozen=True, slots=True)
class Site:
    """What the pages are made of.

    Attributes:
        check: how persons are checked, `code` or `contact-tail`.
        identity_check: how those are who must be known as `identity` or better; empty: as others.
        root: the certificate of the authority for persons, PEM.
    """

    network: str
    renderer: Renderer
    cookies: Cookies
    links: PersonLinks
    checks: Checks
    acting: Acting
    accounts: Accounts
    time: Time
    check: str
    identity_check: str
    root: bytes

    async def about(self, token: str) -> "About | None":
        """What is told of a link that was not opened yet; None: there is no such envelope.

        The message that brings a link names both, so whoever has it knows them. Nothing of the
        document, nor whom it is meant for, is told before the check.
        """
        terms = await self.links.terms(token)
        if terms is None:
            return None
        account = await self.accounts.account(terms.initiator)
        initiator = self.network if account is None else account.organisation.name
        return About(initiator=initiator, title=terms.title)

    def visited(self, handler: Visited, *, posts: bool = False) -> Handler:
        """A handler for whoever has a visit; others are told to open their link.

        With `posts`, the form must be one of ours; it is at the request's key `FORM`.
        """

        async def handled(request: web.Request) -> web.StreamResponse:
            secret = self.cookies.secret(request)
            visit = None if secret is None else await self.links.visit(secret)
            if visit is None:
                return self.stop(request, "visit")
            if posts:
                try:
                    request[FORM] = await form_of(request, visit=visit)
                except ForeignFormError:
                    return self.stop(request, "visit")
            standing = await self.acting.standing(visit)
            if standing is None:
                return self.stop(request, "visit")
            guest = Guest(
                visit, standing, await self._initiator(standing), self._method(standing.party)
            )
            try:
                return await handler(request, guest)
            except ActError as error:
                return self.stop(request, error.reason, guest=guest)

        return self.told(handled)

    def told(self, handler: Handler) -> Handler:
        """A handler whose problems are told as pages, and not as an API tells them."""

        async def handled(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request)
            except ContentMissingProblem as problem:
                _log.error("document_missing", path=told_path(request), detail=problem.detail)
                return self.stop(request, "document")
            except NetworkProblem as problem:
                _log.error(
                    "page_failed",
                    path=told_path(request),
                    problem=problem.type,
                    detail=problem.detail,
                )
                return self.stop(request, "busy")

        return handled

    def stop(
        self, request: web.Request, reason: str, *, guest: Guest | None = None
    ) -> web.Response:
        """A page that says why it goes no further, and what to do."""
        language = language_of(request)
        initiator = "" if guest is None else guest.initiator
        return self.renderer.page(
            request,
            "stop.html",
            status=410 if reason in _GONE else 409,
            heading=say(language, f"stop_{reason}_title"),
            text=say(language, f"stop_{reason}", initiator=initiator, network=self.network),
            retry="" if reason in _GONE or (guest is None and reason != "used") else "/sign",
            # A link in a mail brings no cookie along (SameSite); one of this page does.
            retry_words="stop_go_on" if reason == "used" else "stop_retry",
        )

    def failed(self, request: web.Request, problem: NetworkProblem, trace: str) -> web.Response:
        """The page of what nobody has foreseen: what to do, and by which number the log has it."""
        language = language_of(request)
        return self.renderer.page(
            request,
            "stop.html",
            status=problem.status,
            heading=say(language, "stop_failed_title"),
            text=say(language, "stop_failed", network=self.network, trace=trace),
            retry="/sign" if self.cookies.secret(request) else "",
            retry_words="stop_retry",
        )

    def _method(self, party: Party) -> str:
        asks = LEVELS.index(party.level) >= LEVELS.index("identity")
        return self.identity_check if asks and self.identity_check else self.check

    async def _initiator(self, standing: Standing) -> str:
        account = await self.accounts.account(standing.state.terms.initiator)
        return self.network if account is None else account.organisation.name


FORM: Final[web.RequestKey[dict[str, str]]] = web.RequestKey("form", dict)
"""The fields of a form that came from one of our pages."""


def see(where: str) -> web.Response:
    """Go there by GET (RFC 9110 §15.4.4): a reload repeats nothing."""
    return web.Response(status=303, headers={"Location": where, "Cache-Control": "no-store"})
