"""The envelopes' records: what organisations, persons and the network say in them.

Everything is judged again within the transaction that writes it: accounts, contents and the state
of the envelope as they are then.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from cloud_bridge.cards import counts_at
from cloud_bridge.envelopes.chain import Entry, terms_digest
from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.envelopes.statements import (
    NETWORK,
    Act,
    Copied,
    Expired,
    Forwarded,
    Sent,
    Signed,
    SignedStatement,
    Statement,
    parse,
)
from cloud_bridge.interfaces import Time
from cloud_bridge.model import LEVELS, Level, Terms
from cloud_bridge.network.accounts.accounts import Accounts
from cloud_bridge.network.accounts.membership import is_member
from cloud_bridge.network.accounts.parties import joining, refuse_party
from cloud_bridge.network.accounts.rows import account_in
from cloud_bridge.network.contents.contents import Contents
from cloud_bridge.network.contents.named import refuse_what_is_missing, refuse_what_is_unbrought
from cloud_bridge.network.interfaces import Lane
from cloud_bridge.network.problems import (
    AccountUnknownProblem,
    ConflictProblem,
    EnvelopeUnknownProblem,
    LevelProblem,
    NotAllowedProblem,
    StatementInvalidProblem,
)
from cloud_bridge.network.records.recording import Recording, begun
from cloud_bridge.network.records.rows import record_in
from cloud_bridge.network.records.standing import Standings
from cloud_bridge.network.store import schema
from cloud_bridge.network.store.moments import microseconds
from cloud_bridge.wire import Content, EnvelopeRecord, Head, Heads, NewEnvelope, Taken

_PAGE: Final = 1000
_AT_ONCE: Final = 200


class Book:
    """Implements `EnvelopeBook`, and what organisations may say."""

    def __init__(
        self,
        *,
        lane: Lane,
        recording: Recording,
        standings: Standings,
        accounts: Accounts,
        contents: Contents,
        time: Time,
        is_shared: bool,
    ) -> None:
        self._lane = lane
        self._recording = recording
        self._standings = standings
        self._accounts = accounts
        self._contents = contents
        self._time = time
        self._is_shared = is_shared

    async def send(
        self, new: NewEnvelope, *, organisation: str, brought: Sequence[Content] = ()
    ) -> Taken:
        """A new envelope; the same again gives the entry of the first time.

        Args:
            new: terms, and that they are sent.
            organisation: that sends it.
            brought: contents that come with it, and are kept if it is.

        Raises:
            StatementInvalidProblem, NotAllowedProblem, AccountUnknownProblem, PartyNameProblem,
            ConflictProblem, ContentMissingProblem, ModeProblem, EnvelopeUnknownProblem: see there;
                nothing was kept.
        """
        state = begun(new.terms)
        terms = state.terms
        statement = _read(new.sent)
        if terms.initiator != organisation or not isinstance(statement.act, Sent):
            raise StatementInvalidProblem("an envelope is sent by its initiator, with `sent`")
        if statement.envelope != terms.envelope:
            raise StatementInvalidProblem("the statement is of another envelope than the terms")
        key = await self._key(statement, new.sent, organisation)

        def work(connection: Connection, keep: Callable[[], None]) -> Taken:
            there = self._recording.state(connection, terms.envelope)
            if there is not None:
                same = there.terms_digest == terms_digest(new.terms)
                if not same or statement.id not in there.statement_ids:
                    raise ConflictProblem(f"there is an envelope {terms.envelope} already")
                return self._recording.earlier(connection, there, statement)
            for party in terms.parties:
                refuse_party(connection, party)
            keep()
            refuse_what_is_missing(connection, terms)
            self._refuse_foreign_void(connection, terms)
            return self._recording.send(connection, new.terms, new.sent, key, self._time.now())

        return await self._contents.bring(brought, work, uploader=organisation)

    async def take(
        self,
        signed: SignedStatement,
        *,
        organisation: str,
        envelope: str,
        brought: Sequence[Content] = (),
    ) -> Taken:
        """Something that an organisation says; the same again gives the entry of the first time.

        Args:
            signed: what is said.
            organisation: that says it.
            envelope: of which.
            brought: contents that come with it, and are kept if it is new.

        Raises:
            EnvelopeUnknownProblem, StatementInvalidProblem, NotAllowedProblem, ConflictProblem,
            ContentMissingProblem, AccountUnknownProblem, PartyNameProblem, LevelProblem: see there;
                nothing was kept.
        """
        statement = _read(signed)
        if statement.envelope != envelope:
            raise StatementInvalidProblem("the statement is of another envelope than the address")
        key = await self._key(statement, signed, organisation)

        def work(connection: Connection, keep: Callable[[], None]) -> Taken:
            state = self._recording.state(connection, envelope)
            if state is None or organisation not in state.organisations:
                raise EnvelopeUnknownProblem(f"there is no envelope {envelope!r}")
            if statement.id not in state.statement_ids:
                keep()
                self._judge(connection, state, statement)
            return self._recording.take(connection, signed, key, self._time.now())

        return await self._contents.bring(brought, work, uploader=organisation)

    async def say(
        self,
        envelope: str,
        act: Act,
        *,
        party: str,
        id: str,  # noqa: A002 - the statement's own word
        account: str = "",
    ) -> Entry:
        """See `EnvelopeBook`."""
        return await self._lane.write(
            lambda connection: self._recording.say(
                connection,
                envelope,
                act,
                party=party,
                id=id,
                account=account,
                at=self._time.now(),
            )
        )

    async def state(self, envelope: str) -> EnvelopeState | None:
        """See `EnvelopeBook`."""
        if not self._is_shared and (kept := self._standings.kept(envelope)) is not None:
            return kept
        state = await self._lane.read(lambda connection: self._standings.look(connection, envelope))
        if state is not None:
            self._standings.keep(state)
        return state

    async def record(self, envelope: str, *, reader: str = NETWORK) -> EnvelopeRecord:
        """See `EnvelopeBook`; for an organisation only if it takes part."""

        def ask(connection: Connection) -> EnvelopeRecord:
            if reader != NETWORK and not is_member(connection, reader, envelope):
                raise EnvelopeUnknownProblem(f"there is no envelope {envelope!r}")
            return record_in(connection, envelope)

        return await self._lane.read(ask)

    async def heads(self, organisation: str, after: str) -> Heads:
        """How far each of an organisation's envelopes has come, by their id, after that one."""
        member, envelope = schema.member, schema.envelope
        question = (
            select(envelope.c.id, envelope.c.sequence, envelope.c.head)
            .join(member, member.c.envelope == envelope.c.id)
            .where(member.c.organisation == organisation, ~member.c.has_left)
            .where(member.c.envelope > after)
            .order_by(member.c.envelope)
            .limit(_PAGE)
        )
        rows = await self._lane.read(lambda connection: connection.execute(question).all())
        heads = tuple(Head(envelope=id, sequence=number, hash=head) for id, number, head in rows)  # noqa: A001 - the row's own word
        return Heads(heads=heads, next=heads[-1].envelope if len(heads) == _PAGE else "")

    async def content(self, envelope: str, digest: str) -> Content:
        """See `EnvelopeBook`."""
        return await self._contents.get(envelope, digest, reader=NETWORK)

    async def put_content(self, content: Content) -> None:
        """See `EnvelopeBook`."""
        await self._contents.put(content, uploader=NETWORK)

    async def expire(self) -> int:
        """Say of every envelope whose time is over that it is; gives how many."""
        table, now = schema.envelope, microseconds(self._time.now())
        question = (
            select(table.c.id)
            .where(table.c.status == "signing", table.c.expires_at <= now)
            .order_by(table.c.expires_at)
            .limit(_AT_ONCE)
        )
        over = await self._lane.read(lambda connection: connection.scalars(question).all())
        return sum(await asyncio.gather(*map(self._expired, over)))

    async def _expired(self, envelope: str) -> bool:
        try:
            await self.say(envelope, Expired(), party="", id="expired")
        except NotAllowedProblem:
            return False  # it came to another end meanwhile
        return True

    async def _key(self, statement: Statement, signed: SignedStatement, organisation: str) -> str:
        if statement.author != organisation:
            raise StatementInvalidProblem(
                f"{organisation} brings what {statement.author!r} says: each says it itself"
            )
        card = await self._accounts.card(organisation, signed.card)
        if card is None:
            raise StatementInvalidProblem(f"{organisation} has published no card {signed.card}")
        if not counts_at(card, self._time.now()):
            raise StatementInvalidProblem(f"card {signed.card} does not count, or no longer")
        return card.signing_key

    def _judge(self, connection: Connection, state: EnvelopeState, statement: Statement) -> None:
        """What the state does not know: contents, and accounts."""
        match statement.act:
            case Signed() as act:
                party = state.party(statement.party)
                level = "none" if party is None else party.party.level
                self._refuse_low_level(connection, statement.author, level)
                if state.terms.mode != "digest":
                    refuse_what_is_unbrought(connection, state.terms.envelope, act)
            case Forwarded() as act:
                party = state.party(statement.party)
                kind = "organisation" if party is None else party.party.kind
                refuse_party(connection, joining(act, kind))
            case Copied() as act:
                refuse_party(connection, joining(act, act.kind))
            case _:
                pass

    def _refuse_low_level(self, connection: Connection, organisation: str, level: Level) -> None:
        account = account_in(connection, organisation)
        if account is None:
            raise AccountUnknownProblem(f"there is no organisation {organisation!r}")
        counts = account.organisation.verification.level_at(self._time.now())
        if LEVELS.index(counts) < LEVELS.index(level):
            raise LevelProblem(f"{organisation} must be known as {level!r}, and is as {counts!r}")

    def _refuse_foreign_void(self, connection: Connection, terms: Terms) -> None:
        """A cancellation agreement is signed by everybody who signed what it cancels."""
        if terms.voids is None:
            return
        voided = self._recording.state(connection, terms.voids)
        if voided is None or terms.initiator not in voided.organisations:
            raise EnvelopeUnknownProblem(f"there is no envelope {terms.voids!r} to cancel")
        if voided.status != "completed":
            raise NotAllowedProblem(
                f"envelope {terms.voids} is {voided.status}; only what is completed is cancelled",
                reason="not-now",
            )
        sign = {each.account for each in terms.parties if not each.copy and not each.any_of}
        signed = {each.party.account for each in voided.parties if each.state == "signed"}
        if missing := signed - sign:
            raise NotAllowedProblem(
                f"{', '.join(sorted(missing))} signed envelope {terms.voids}, and must sign that "
                "it is cancelled",
                reason="not-all-parties",
            )


def _read(signed: SignedStatement) -> Statement:
    try:
        return parse(signed)
    except msgspec.MsgspecError as error:
        raise StatementInvalidProblem(f"this is no statement: {error}") from error
