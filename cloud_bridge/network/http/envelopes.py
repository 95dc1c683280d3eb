"""Envelopes over HTTP: send, read, state, contents, feed, heads, links."""

from collections.abc import Mapping
from typing import Final

import msgspec
from aiohttp import web

from cloud_bridge.envelopes.model import OVER
from cloud_bridge.envelopes.statements import SignedStatement, parse
from cloud_bridge.model import PartyKind
from cloud_bridge.network.contents.contents import Contents
from cloud_bridge.network.http.answers import asked, packed, told
from cloud_bridge.network.http.routes import ORGANISATION, Route
from cloud_bridge.network.interfaces import Links
from cloud_bridge.network.problems import (
    EnvelopeUnknownProblem,
    MalformedProblem,
    NotAllowedProblem,
    NotFoundProblem,
    TooLargeProblem,
)
from cloud_bridge.network.records.book import Book
from cloud_bridge.network.records.bringing import Bringing
from cloud_bridge.network.records.feed import Feeds
from cloud_bridge.wire import (
    Content,
    EnvelopeRecord,
    Feed,
    Heads,
    NewEnvelope,
    Parcel,
    PersonLink,
    Taken,
)

_ENVELOPE: Final = "/v1/envelopes/{envelope}"
_CONTENT: Final = f"{_ENVELOPE}/contents/{{digest}}"
_MOST_TOGETHER: Final = 100
"""Contents of a parcel: each is a file and a row, and nobody writes before all of them are."""


class Envelopes:
    """What organisations do with envelopes. `links` by the kind of party that they are for."""

    def __init__(
        self,
        *,
        book: Book,
        contents: Contents,
        feeds: Feeds,
        bringing: Bringing,
        links: Mapping[PartyKind, Links],
        parcel_bytes: int,
        statement_bytes: int,
        longest_wait_seconds: float,
    ) -> None:
        self._book = book
        self._contents = contents
        self._feeds = feeds
        self._bringing = bringing
        self._links = links
        self._parcel_bytes = parcel_bytes
        self._statement_bytes = statement_bytes
        self._longest_wait = longest_wait_seconds

    def routes(self) -> tuple[Route, ...]:
        """See `Route`."""
        return (
            Route(
                "POST", "/v1/envelopes", self._send, "envelope.send",
                summary="Send an envelope; its contents must be there already. The same again "
                "gives the same entry.",
                takes=NewEnvelope, gives=Taken,
            ),
            Route(
                "GET", _ENVELOPE, self._record, "envelope.read",
                summary="All of an envelope.", gives=EnvelopeRecord,
            ),
            Route(
                "POST", f"{_ENVELOPE}/statements", self._state, "envelope.state",
                summary="Say something of an envelope. The same id again gives the same entry. "
                "Those since the one that was seen come with it, and what the network adds.",
                takes=SignedStatement, gives=Taken,
            ),
            Route(
                "POST", f"{_ENVELOPE}/parcels", self._bring, "envelope.bring", large=True,
                summary="Bring contents, and send the envelope or say what stands on them: all of "
                "it or nothing. Up to as many bytes as the identity tells.",
                takes=Parcel, gives=Taken,
            ),
            Route(
                "PUT", _CONTENT, self._put, "content.put", large=True,
                summary="Bring a content, before it is sent or stated.", takes=Content,
            ),
            Route(
                "GET", _CONTENT, self._content, "content.get",
                summary="A content, the one that was encrypted for the asker if there is one.",
                gives=Content,
            ),
            Route(
                "GET", "/v1/feed", self._feed, "feed", query=("after", "wait", "with"),
                summary="Entries that came after a cursor; waits up to `wait` seconds for others "
                "to say something. `with=contents`: as MessagePack, with records and contents.",
                gives=Feed, packs=True,
            ),
            Route(
                "GET", "/v1/heads", self._heads, "heads", query=("after",),
                summary="How far each of the asker's envelopes has come, by their id.",
                gives=Heads,
            ),
            Route(
                "POST", f"{_ENVELOPE}/parties/{{party}}/links", self._link, "link", once=True,
                summary="A new link for a person or bearer; by the envelope's initiator.",
                gives=PersonLink,
            ),
        )  # fmt: skip

    async def _send(self, request: web.Request) -> web.Response:
        new = asked(request, NewEnvelope)
        return told(await self._book.send(new, organisation=request[ORGANISATION]), status=201)

    async def _record(self, request: web.Request) -> web.Response:
        envelope = request.match_info["envelope"]
        return told(await self._book.record(envelope, reader=request[ORGANISATION]))

    async def _state(self, request: web.Request) -> web.Response:
        signed = asked(request, SignedStatement)
        envelope = request.match_info["envelope"]
        who = request[ORGANISATION]
        return told(await self._book.take(signed, organisation=who, envelope=envelope), status=201)

    async def _bring(self, request: web.Request) -> web.Response:
        parcel = asked(request, Parcel, packed=True)
        if len(parcel.contents) > _MOST_TOGETHER:
            raise TooLargeProblem(f"at most {_MOST_TOGETHER} contents are taken together")
        if sum(len(each.body) for each in parcel.contents) > self._parcel_bytes:
            raise TooLargeProblem(
                f"at most {self._parcel_bytes} bytes of contents are taken together: bring each by "
                "itself"
            )
        # What is said is as long as by itself, where it is base64.
        if 4 * len(parcel.statement.statement + (parcel.terms or b"")) > 3 * self._statement_bytes:
            raise TooLargeProblem(f"what is said has more than {self._statement_bytes} bytes")
        envelope = request.match_info["envelope"]
        named = {each.head.envelope for each in parcel.contents} - {envelope}
        if named or (parcel.terms is not None and not _is_of(envelope, parcel.statement)):
            raise MalformedProblem("something in it names another envelope than the address")
        return told(await self._brought(parcel, request[ORGANISATION], envelope), status=201)

    async def _brought(self, parcel: Parcel, organisation: str, envelope: str) -> Taken:
        said, contents = parcel.statement, parcel.contents
        if parcel.terms is None:
            return await self._book.take(
                said, organisation=organisation, envelope=envelope, brought=contents
            )
        new = NewEnvelope(terms=parcel.terms, sent=said)
        return await self._book.send(new, organisation=organisation, brought=contents)

    async def _put(self, request: web.Request) -> web.Response:
        content = asked(request, Content, packed=True)
        named = (request.match_info["envelope"], request.match_info["digest"])
        if (content.head.envelope, content.head.digest) != named:
            raise MalformedProblem("the content's head names another place than the address")
        await self._contents.put(content, uploader=request[ORGANISATION])
        return web.Response(status=204)

    async def _content(self, request: web.Request) -> web.Response:
        envelope, who = request.match_info["envelope"], request[ORGANISATION]
        state = await self._book.state(envelope)
        if state is None or who not in state.organisations:
            raise EnvelopeUnknownProblem(f"there is no envelope {envelope!r}")
        return packed(await self._contents.get(envelope, request.match_info["digest"], reader=who))

    async def _feed(self, request: web.Request) -> web.Response:
        wait = _seconds(request.query.get("wait", "0"), most=self._longest_wait)
        after, with_ = request.query.get("after", ""), request.query.get("with", "")
        if with_ not in {"", "contents"}:
            raise MalformedProblem("`with` must be `contents`, or be left out")
        who = request[ORGANISATION]
        # Whoever knows `with` also reads what comes with an answer, which is older.
        feed = await self._feeds.page(who, after, wait_seconds=wait, reads_ends=bool(with_))
        return packed(await self._bringing.along(feed, reader=who)) if with_ else told(feed)

    async def _heads(self, request: web.Request) -> web.Response:
        after = request.query.get("after", "")
        return told(await self._book.heads(request[ORGANISATION], after))

    async def _link(self, request: web.Request) -> web.Response:
        envelope = request.match_info["envelope"]
        state = await self._book.state(envelope)
        if state is None or request[ORGANISATION] != state.terms.initiator:
            raise EnvelopeUnknownProblem(f"there is no envelope {envelope!r} of this initiator")
        party = state.party(request.match_info["party"])
        if party is None:
            raise NotFoundProblem(f"the envelope has no party {request.match_info['party']!r}")
        links = self._links.get(party.party.kind)
        if links is None:
            raise NotAllowedProblem(
                f"party {party.party.id!r} gets no link here ({party.party.kind})",
                reason="no-links",
            )
        if state.status in OVER:
            raise NotAllowedProblem(f"it is {state.status}: nobody signs in it", reason="over")
        return told(await links.link(envelope, party.party.id), status=201)


def _is_of(envelope: str, signed: SignedStatement) -> bool:
    """Whether it is said of that envelope; what is no statement is refused where it is read."""
    try:
        return parse(signed).envelope == envelope
    except msgspec.MsgspecError:
        return True


def _seconds(text: str, *, most: float) -> float:
    try:
        seconds = float(text)
    except ValueError as error:
        raise MalformedProblem("`wait` must be a number of seconds") from error
    if not 0 <= seconds < float("inf"):
        raise MalformedProblem("`wait` must be a number of seconds, 0 or more")
    return min(seconds, most)
