"""The pages on which a person reads."""

from typing import Final
from urllib.parse import quote

from aiohttp import web

from cloud_bridge.network.http.answers import pdf_name
from cloud_bridge.network.http.routes import Route
from cloud_bridge.network.pages.asking import csrf_token
from cloud_bridge.network.pages.coming import is_checked
from cloud_bridge.network.pages.forms import label_of
from cloud_bridge.network.pages.rendering import HEADERS, Language, language_of, say
from cloud_bridge.network.pages.site import FORM, Guest, Site, see

ENDS: Final = frozenset({"signed", "declined", "copy"})
"""States of a party that has nothing to do here but to look."""


class Reading:
    """Documents, and whether they were read for long enough."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> tuple[Route, ...]:
        """All of them."""
        visited = self._site.visited
        read = visited(self.has_read, posts=True)
        document = visited(self.document)
        return (
            Route("GET", "/sign", visited(self.onward), "page-onward", who="page"),
            Route("GET", "/sign/read", visited(self.read), "page-read", who="page"),
            Route("POST", "/sign/read", read, "page-has-read", who="page"),
            Route("GET", "/sign/documents/{number}", document, "page-document", who="page"),
        )

    async def onward(self, _request: web.Request, guest: Guest) -> web.StreamResponse:
        """To the page that comes next for this person."""
        if not is_checked(guest):
            return see("/sign/check")
        if guest.standing.each.state in ENDS:
            return see("/sign/done")
        unread = guest.visit.read_at is None
        again = unread or self._site.acting.overtaken(guest.visit, guest.standing)
        return see("/sign/read" if again else "/sign/act")

    async def read(self, request: web.Request, guest: Guest) -> web.StreamResponse:
        """The documents; reading begins with the first look, by our clock."""
        if not is_checked(guest):
            return see("/sign/check")
        if guest.standing.each.state in ENDS:
            return see("/sign/done")
        hindrance = self._site.acting.hindrance(guest.standing)
        if hindrance is not None:
            return self._site.stop(request, hindrance, guest=guest)
        begun = await self._site.links.begin_reading(guest.visit)
        await self._site.acting.opened(guest.visit)
        spent = (self._site.time.now() - begun).total_seconds()
        left = max(0, -int(-(guest.standing.party.reading_seconds - spent) // 1))
        return self._page(request, guest, seconds=left)

    async def has_read(self, request: web.Request, guest: Guest) -> web.StreamResponse:
        """The person goes on; not before the time that the terms ask for."""
        if not is_checked(guest):
            return see("/sign/check")
        left = self._site.acting.must_read(guest.visit, guest.standing)
        if left or guest.visit.reading_at is None:
            return self._page(request, guest, seconds=left, too_soon=left)
        # The moment first: whatever comes after it is found when it is signed.
        now = self._site.time.now()
        standing = await self._site.acting.standing(guest.visit)
        if standing is None:
            return self._site.stop(request, "visit")
        if request[FORM].get("seen") != str(standing.seals):
            newer = Guest(guest.visit, standing, guest.initiator, guest.method)
            return self._page(request, newer, seconds=0, changed=True)
        await self._site.links.has_read(guest.visit, at=now)
        return see("/sign/act")

    async def document(self, request: web.Request, guest: Guest) -> web.StreamResponse:
        """A document as it is now."""
        if not is_checked(guest):
            raise web.HTTPNotFound
        documents = guest.standing.state.terms.documents
        numbered = {str(number): each.name for number, each in enumerate(documents)}
        name = numbered.get(request.match_info["number"])
        if name is None:
            raise web.HTTPNotFound
        content = await self._site.acting.content(guest.visit, name)
        if content is None:
            raise web.HTTPNotFound
        return web.Response(
            body=content,
            content_type="application/pdf",
            headers={
                **HEADERS,
                "Cache-Control": "no-store",
                "Content-Disposition": f"inline; filename*=UTF-8''{quote(pdf_name(name))}",
            },
        )

    def _page(
        self,
        request: web.Request,
        guest: Guest,
        *,
        seconds: int,
        too_soon: int = 0,
        changed: bool = False,
    ) -> web.Response:
        terms = guest.standing.state.terms
        language = language_of(request)
        return self._site.renderer.page(
            request,
            "read.html",
            step="read",
            status=409 if too_soon or changed else 200,
            csrf=csrf_token(guest.visit.secret),
            title=guest.title,
            initiator=guest.initiator,
            until=terms.expires_at,
            documents=[
                {"name": each.name, "places": _places(guest, each.name, language)}
                for each in terms.documents
            ],
            pdfjs="/pdfjs",
            seconds=seconds,
            too_soon=too_soon,
            changed=changed,
            seen=guest.standing.seals,
        )


def _places(guest: Guest, document: str, language: Language) -> list[dict[str, object]]:
    """The person's own places, which the page marks."""
    return [
        {
            **{name: getattr(field.box, name) for name in field.box.__struct_fields__},
            "label": say(language, "your_place", label=label_of(field, language)).unescape(),
        }
        for field in guest.standing.party.fields
        if field.document == document
    ]
