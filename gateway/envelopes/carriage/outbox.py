"""What the network is owed: written in the transaction that makes it true, sent in its order.

Sending is repeated until the network has it: everything that is sent has an id, and the same again
changes nothing there. Once the network says that it will never take something, that has an end too,
and is told as a trouble of the envelope.
"""

import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from functools import partial

import msgspec
from msgspec.structs import replace

from cloud_bridge.cards import is_of
from cloud_bridge.encryption import encrypt, plain
from cloud_bridge.envelopes.chain import Entry
from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.envelopes.statements import Began, SignedStatement, parse
from cloud_bridge.errors import (
    NetworkError,
    NetworkLiesError,
    NetworkRefusedError,
    RecordBrokenError,
)
from cloud_bridge.model import Card
from cloud_bridge.wire import Content, NewEnvelope
from gateway.envelopes.carriage.inbox import Inbox
from gateway.envelopes.carriage.leaving import Leaving, ends_it
from gateway.envelopes.ground import Ground, Member, Tally
from gateway.envelopes.keeping.troubles import (
    FROZEN,
    NO_ROOM,
    PASSING,
    Trouble,
    Troubles,
    trouble_of,
)
from gateway.signing.errors import FrozenProblem
from gateway.store.envelope_owed import OwedEnvelopeRow, OwedKind, mark_sent, owed_now, put_owed
from gateway.store.lane import Transaction

_encode = msgspec.json.Encoder().encode
_new_envelope = msgspec.json.Decoder(NewEnvelope)
_statement = msgspec.json.Decoder(SignedStatement)


def owe(
    transaction: Transaction,
    organisation: str,
    envelope: str,
    *things: NewEnvelope | SignedStatement | str,
    at: datetime,
) -> None:
    """Owe things to the network, in this order and behind what is owed in the envelope already.

    The envelope's row must be there. What was owed before is not owed again: an envelope by its
    id, a statement by its own, a content by its digest.

    Args:
        transaction: which makes it true.
        organisation: of ours, that owes it.
        envelope: its id.
        things: a text is the digest of a content, which is here and goes as the terms say:
            encrypted for the cards that are believed when it is sent, open, or, of `digest`, not.
        at: the present moment.
    """
    for thing in things:
        kind, key, payload = _owed(thing)
        put_owed(transaction, organisation, envelope, kind=kind, key=key, payload=payload, at=at)


def _owed(thing: NewEnvelope | SignedStatement | str) -> tuple[OwedKind, str, bytes]:
    if isinstance(thing, NewEnvelope):
        return "envelope", "envelope", _encode(thing)
    if isinstance(thing, SignedStatement):
        return "statement", parse(thing).id, _encode(thing)
    return "content", thing, b""


def _comes_too_late(row: OwedEnvelopeRow, refused: NetworkRefusedError) -> bool:
    """We asked whether we may sign now, and another was first: that is an answer, no trouble."""
    if row.kind != "statement" or refused.type != "not-allowed":
        return False
    return isinstance(parse(_statement.decode(row.payload)).act, Began)


class Outbox:
    """Sends what one of our companies owes."""

    def __init__(self, member: Member, ground: Ground, inbox: Inbox, tally: Tally) -> None:
        self._member = member
        self._ground = ground
        self._inbox = inbox
        self._tally = tally
        self._leaving = Leaving(member, ground, inbox)
        self._troubles = Troubles(member, ground, tally)

    async def send(self, envelope: str) -> bool:
        """Send what is owed in an envelope, in its order; gives whether nothing is owed any more.

        False: a trouble keeps the rest back, and is told with the envelope; it may pass. Of an
        envelope that is held only what ends it goes out. What a statement of ours became is in our
        copy of the record when this returns.

        Raises:
            FrozenProblem: officers have frozen what we have sealed since. It stays owed, with all
                behind it but a withdrawal or refusal.
            NetworkAwayError: the network cannot be reached; the rest stays owed.
            StoreProblem: a row or a document cannot be read or written; the same.
        """
        going = await self._leaving.look(envelope)
        await self._mark(list(going.there))
        await self._mark(list(going.lost), refused=going.over)
        try:
            is_all = await self._send(envelope, going.rows)
        except FrozenProblem as frozen:
            await self._tell_frozen(envelope, frozen)
            raise
        if not going.why:
            return is_all
        if going.rows and is_all:  # it may have ended by that
            return await self.send(envelope)
        kept_back = FrozenProblem(going.why)
        await self._tell_frozen(envelope, kept_back)
        raise kept_back

    async def _tell_frozen(self, envelope: str, frozen: FrozenProblem) -> None:
        await self._troubles.tell(envelope, Trouble(FROZEN, frozen.detail, holds=False))

    async def _send(self, envelope: str, rows: Sequence[OwedEnvelopeRow]) -> bool:
        organisation, is_all = self._member.organisation, True
        async with self._marked_by_the_end() as there:
            for row in rows:
                kept = await self._ground.envelopes.by_id(organisation, envelope)
                if kept is not None and kept.status == "held" and not ends_it(row):
                    is_all = False
                    continue
                try:
                    entry = await self._sent(row)
                except NetworkRefusedError as refused:
                    await self._mark(there)
                    if refused.type == NO_ROOM:  # for now: what is owed stays owed
                        full = Trouble(f"refused-{NO_ROOM}", str(refused), holds=False)
                        await self._troubles.tell(envelope, full)
                        return False
                    if await self._is_over(row, refused):
                        return is_all
                    continue
                except NetworkLiesError as lies:
                    await self._mark(there)
                    await self._troubles.tell(envelope, Trouble(lies.lie, str(lies)))
                    return False
                except RecordBrokenError as broken:
                    await self._mark(there)
                    trouble = trouble_of(broken)
                    await self._troubles.tell(
                        envelope, replace(trouble, holds=trouble.type not in PASSING)
                    )
                    return False
                if entry is None:
                    there.append(row)
                else:
                    mark = partial(self._put_mark, [*there, row])
                    await self._inbox.answer(envelope, entry, mark)
                    there.clear()
                self._tally.sent += 1
        return is_all

    @contextlib.asynccontextmanager
    async def _marked_by_the_end(self) -> AsyncIterator[list[OwedEnvelopeRow]]:
        """Rows in this list are at the network; those that are left in it are marked so.

        A content is marked with the statement behind it, in the transaction of its entry. Where
        none comes any more, it is not put there again all the same.
        """
        there: list[OwedEnvelopeRow] = []
        try:
            yield there
        except (NetworkError, FrozenProblem):
            await self._mark(there)
            raise
        await self._mark(there)

    async def _is_over(self, row: OwedEnvelopeRow, refused: NetworkRefusedError) -> bool:
        """Write that the network will never take it; gives whether all behind it falls with it."""
        if _comes_too_late(row, refused):
            await self._mark([row], refused=refused.type)
            return False
        await self._refused(row, refused)
        return row.kind != "statement"

    async def _sent(self, row: OwedEnvelopeRow) -> Entry | None:
        network = self._member.network
        match row.kind:
            case "envelope":
                return await network.send(_new_envelope.decode(row.payload))
            case "statement":
                await self._leaving.refuse_frozen(row)
                return await network.state(_statement.decode(row.payload))
            case "content":
                content = await self._content(row)
                if content is not None:
                    await network.put_content(content)
                return None

    async def _content(self, row: OwedEnvelopeRow) -> Content | None:
        """A revision as the terms say that it travels; None: not by the network."""
        state = await self._ground.records.state(row.organisation, row.envelope)
        kept = await self._ground.contents.by_digest(row.organisation, row.envelope, row.key)
        if state is None or kept is None:
            raise RecordBrokenError(
                f"the document with SHA-256 {row.key} is owed and not here", fault="document"
            )
        if state.terms.mode == "digest":
            return None
        document = await self._ground.content.get(kept.location, kept.size)
        if state.terms.mode == "open":
            return plain(document, envelope=row.envelope)
        return encrypt(document, envelope=row.envelope, cards=await self._cards(state))

    async def _cards(self, state: EnvelopeState) -> list[Card]:
        """Of every organisation of the envelope, ours among them, as they are now."""
        cards: list[Card] = []
        for organisation in sorted(state.organisations):
            known = self._ground.cards.newest(organisation)
            if known is None or known.expires_at <= self._ground.clock.now():
                known = await self._ground.cards.ask(self._member.network, organisation)
            self._refuse_other_company(state, known)
            cards.append(known)
        return cards

    def _refuse_other_company(self, state: EnvelopeState, card: Card) -> None:
        """What is for a company by its name is encrypted to no other, whatever its id."""
        if card.organisation == self._member.organisation:
            return
        names = {each.party.name for each in state.parties_of(card.organisation)}
        signed = self._ground.cards.signed(card.organisation, card.serial)
        if signed is None or not is_of(signed, names):
            raise RecordBrokenError(
                f"the card of {card.organisation} is of {card.name}, and the envelope is for "
                f"{', '.join(sorted(names))}: nothing is encrypted to it. Ask the partner by "
                "another way for its id and its name",
                fault="card-untrusted",
            )

    async def _refused(self, row: OwedEnvelopeRow, refused: NetworkRefusedError) -> None:
        is_all = row.kind != "statement"
        trouble = Trouble(f"refused-{refused.type}", str(refused), holds=is_all)

        def write(unit: Transaction) -> None:
            rows = [row]
            if is_all:  # what comes behind it stands on it
                rows = list(owed_now(unit.connection, row.organisation, row.envelope))
            self._troubles.put(unit, row.envelope, trouble)
            at = self._ground.clock.now()
            for each in rows:
                mark_sent(unit, each, at=at, refused=refused.type)

        await self._ground.lane.write(write)
        self._tally.refused += 1

    async def _mark(self, rows: list[OwedEnvelopeRow], *, refused: str | None = None) -> None:
        if rows:
            mark = partial(self._put_mark, rows.copy(), refused=refused)
            await self._ground.lane.write(mark)
            rows.clear()

    def _put_mark(
        self, rows: Sequence[OwedEnvelopeRow], unit: Transaction, *, refused: str | None = None
    ) -> None:
        for row in rows:
            mark_sent(unit, row, at=self._ground.clock.now(), refused=refused)
        self._troubles.end_passing(unit, rows[-1].envelope)
