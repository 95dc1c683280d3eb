"""The reference network (`cloud_bridge.network`) as a gateway speaks to it."""

from collections.abc import Sequence
from typing import NoReturn, Self, TypeVar
from urllib.parse import quote

import msgspec

from cloud_bridge.client.calling import Answer, Caller, Question
from cloud_bridge.client.model import Way
from cloud_bridge.envelopes.chain import Entry
from cloud_bridge.envelopes.record import placed
from cloud_bridge.envelopes.statements import SignedStatement, parse
from cloud_bridge.errors import (
    NetworkLiesError,
    NetworkRefusedError,
    RecordBrokenError,
    WayTooNarrowError,
)
from cloud_bridge.model import Organisation, Person, SignedCard
from cloud_bridge.plain_json import decode, unpack
from cloud_bridge.wire import (
    Content,
    EnvelopeRecord,
    Feed,
    Heads,
    NetworkIdentity,
    NewEnvelope,
    NewPerson,
    Parcel,
    PersonLink,
    Taken,
)

T = TypeVar("T")
_encode = msgspec.json.Encoder().encode
_pack = msgspec.msgpack.Encoder().encode
_MESSAGE_PACK = "application/msgpack"
"""Of what is mostly bytes: contents, and a feed that brings some along."""
_NO_SUCH_PATH = "not-found"
_NOT_TOGETHER = "not-together"


class ReferenceNetwork:
    """Implements `CloudNetwork` over HTTP, for one organisation."""

    def __init__(self, way: Way, *, caller: Caller) -> None:
        """Join them.

        Args:
            way: whose `network_key` must have signed every entry.
            caller: asks, signed by the organisation.
        """
        self._network_key = way.network_key
        self._caller = caller
        self._parcel_bytes: int | None = None
        self._narrow_bytes: int | None = None  # a parcel of so many did not get there

    async def __aenter__(self) -> Self:
        """See `CloudNetwork`."""
        await self._caller.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        """See `CloudNetwork`."""
        await self._caller.__aexit__()

    async def identity(self) -> NetworkIdentity:
        """See `CloudNetwork`."""
        told = await self._got("identity", "/v1/identity", NetworkIdentity)
        if told.signing_key != self._network_key:
            raise NetworkLiesError(
                f"the network says that its key is {told.signing_key}, and not the one that was "
                "pinned (bridge.network_key): ask its operator by another way before you change it",
                lie="network-key",
            )
        self._parcel_bytes, self._narrow_bytes = told.parcel_bytes, None
        return told

    async def publish(self, card: SignedCard) -> None:
        """See `CloudNetwork`."""
        await self._caller.ask(
            Question(method="PUT", path="/v1/card", kind="SignedCard", body=_encode(card))
        )

    async def organisation(self, organisation: str) -> Organisation | None:
        """See `CloudNetwork`."""
        path = f"/v1/organisations/{_part(organisation)}"
        try:
            found = await self._got("organisation", path, Organisation)
        except NetworkRefusedError as refused:
            if refused.type == "account-unknown":
                return None
            raise
        if found.id != organisation:
            _lie(f"asked for organisation {organisation} it told of {found.id}", "organisation")
        return found

    async def organisations(self, name: str) -> Sequence[Organisation]:
        """See `CloudNetwork`."""
        path = f"/v1/organisations?name={_part(name)}"
        return (await self._got("organisations", path, _Organisations)).organisations

    async def send(self, envelope: NewEnvelope) -> Taken:
        """See `CloudNetwork`."""
        id_ = parse(envelope.sent).envelope
        return await self._said(
            Question(
                method="POST",
                path="/v1/envelopes",
                kind="NewEnvelope",
                envelope=id_,
                body=_encode(envelope),
            ),
            envelope.sent,
        )

    async def put_content(self, content: Content) -> None:
        """See `CloudNetwork`."""
        head, body = content.head, _pack(content)
        path = f"/v1/envelopes/{_part(head.envelope)}/contents/{_part(head.digest)}"
        await self._caller.ask(
            Question(
                method="PUT",
                path=path,
                kind="Content",
                envelope=head.envelope,
                body=body,
                content_type=_MESSAGE_PACK,
            )
        )
        if self._is_too_large(body):  # somebody has raised the limit
            self._narrow_bytes = None

    async def bring(self, parcel: Parcel) -> Taken:
        """See `CloudNetwork`; how much goes together is what the network has said of itself."""
        if self._parcel_bytes is None:
            await self.identity()
        size = sum(len(each.body) for each in parcel.contents)
        if not self._parcel_bytes or size > self._parcel_bytes:
            raise NetworkRefusedError(
                f"the network takes {self._parcel_bytes:,} bytes of contents together with what is "
                f"said of them, and these are {size:,}",
                type=_NOT_TOGETHER,
            )
        body = _pack(parcel)
        if self._is_too_large(body):
            raise NetworkRefusedError(
                f"what stands between lets no parcel of {self._narrow_bytes:,} bytes through, and "
                f"this one has {len(body):,}",
                type=_NOT_TOGETHER,
            )
        id_ = parse(parcel.statement).envelope
        question = Question(
            method="POST",
            path=f"/v1/envelopes/{_part(id_)}/parcels",
            kind="Parcel",
            envelope=id_,
            body=body,
            content_type=_MESSAGE_PACK,
        )
        try:
            return await self._said(question, parcel.statement)
        except WayTooNarrowError as narrow:
            # Each by itself is smaller; and the next one need not be tried in vain.
            self._narrow_bytes = len(body)
            raise NetworkRefusedError(str(narrow), type=_NOT_TOGETHER) from narrow
        except NetworkRefusedError as refused:
            if refused.type == _NO_SUCH_PATH:  # it went back to an older version meanwhile
                self._parcel_bytes = 0
            raise

    def _is_too_large(self, body: bytes) -> bool:
        return self._narrow_bytes is not None and len(body) >= self._narrow_bytes

    async def content(self, envelope: str, digest: str) -> Content:
        """See `CloudNetwork`."""
        path = f"/v1/envelopes/{_part(envelope)}/contents/{_part(digest)}"
        found = await self._got("content", path, Content, envelope=envelope)
        if (found.head.envelope, found.head.digest) != (envelope, digest):
            _lie(f"asked for content {digest} of envelope {envelope} it gave another", "content")
        return found

    async def state(self, statement: SignedStatement) -> Taken:
        """See `CloudNetwork`."""
        id_ = parse(statement).envelope
        return await self._said(
            Question(
                method="POST",
                path=f"/v1/envelopes/{_part(id_)}/statements",
                kind="SignedStatement",
                envelope=id_,
                body=_encode(statement),
            ),
            statement,
        )

    async def envelope(self, envelope: str) -> EnvelopeRecord:
        """See `CloudNetwork`."""
        path = f"/v1/envelopes/{_part(envelope)}"
        return await self._got("envelope", path, EnvelopeRecord, envelope=envelope)

    async def feed(self, cursor: str, *, wait_seconds: float) -> Feed:
        """See `CloudNetwork`; whoever takes items in verifies them against the record."""
        path = f"/v1/feed?after={_part(cursor)}&wait={wait_seconds:g}&with=contents"
        return await self._got("feed", path, Feed, wait_seconds=wait_seconds)

    async def heads(self, after: str) -> Heads:
        """See `CloudNetwork`."""
        return await self._got("heads", f"/v1/heads?after={_part(after)}", Heads)

    async def link(self, envelope: str, party: str) -> PersonLink:
        """See `CloudNetwork`."""
        answer = await self._caller.ask(
            Question(
                method="POST",
                path=f"/v1/envelopes/{_part(envelope)}/parties/{_part(party)}/links",
                kind="link",
                envelope=envelope,
            )
        )
        return _decoded(answer, PersonLink)

    async def person(self, name: str, contact: str) -> Person:
        """See `CloudNetwork`."""
        new = NewPerson(name=name, contact=contact)
        answer = await self._caller.ask(
            Question(method="POST", path="/v1/persons", kind="NewPerson", body=_encode(new))
        )
        found = _decoded(answer, Person)
        if found.name.split() != name.split():
            _lie(f"asked for a person {name} it told of {found.name}", "person")
        return found

    async def person_of(self, account: str) -> Person | None:
        """See `CloudNetwork`."""
        try:
            found = await self._got("person", f"/v1/persons/{_part(account)}", Person)
        except NetworkRefusedError as refused:
            if refused.type == "account-unknown":
                return None
            raise
        if found.id != account:
            _lie(f"asked for person {account} it told of {found.id}", "person")
        return found

    async def release(self, envelope: str, party: str) -> None:
        """See `CloudNetwork`."""
        await self._caller.ask(
            Question(
                method="POST",
                path=f"/v1/envelopes/{_part(envelope)}/parties/{_part(party)}/release",
                kind="release",
                envelope=envelope,
            )
        )

    async def _got(
        self,
        kind: str,
        path: str,
        type_: type[T],
        *,
        envelope: str = "",
        wait_seconds: float = 0.0,
    ) -> T:
        answer = await self._caller.ask(
            Question(
                method="GET", path=path, kind=kind, envelope=envelope, wait_seconds=wait_seconds
            )
        )
        return _decoded(answer, type_)

    async def _said(self, question: Question, statement: SignedStatement) -> Taken:
        """What a statement of ours became; it must be our statement, in a place that is signed.

        What stands around it is for whoever takes it in to verify, as what the feed tells.
        """
        answer = await self._caller.ask(question)
        taken = _decoded(answer, Taken)
        self._proved(taken.entry)
        if taken.signed != statement:
            _lie("it gave a place to another statement than the one that we made", "statement")
        return taken

    def _proved(self, entry: Entry) -> None:
        try:
            placed(entry, network_key=self._network_key)
        except RecordBrokenError as broken:
            raise NetworkLiesError(str(broken), lie=broken.fault) from broken


class _Organisations(msgspec.Struct, rename="camel"):
    organisations: tuple[Organisation, ...]


def _decoded(answer: Answer, type_: type[T]) -> T:
    packed = answer.headers.get("Content-Type", "").startswith(_MESSAGE_PACK)
    try:
        return unpack(answer.body, type_) if packed else decode(answer.body, type_)
    except msgspec.ValidationError as error:
        raise NetworkLiesError(
            f"it answers with what is no {type_.__name__}: {error}", lie="unreadable"
        ) from error


def _part(text: str) -> str:
    return quote(text, safe="")


def _lie(what: str, lie: str) -> NoReturn:
    raise NetworkLiesError(f"the network lies: {what}", lie=lie)
