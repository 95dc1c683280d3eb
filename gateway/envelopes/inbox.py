"""What the network tells us: verified, then written in the order of its sequence, or named a lie.

Items may come twice, late, in any order or not at all; the record decides, not the feed. With each
step of a record a job is enqueued in the same transaction, which looks at what the envelope needs.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakValueDictionary

import msgspec
import structlog

from cloud_bridge.envelopes import state as folding
from cloud_bridge.envelopes.chain import Entry, EnvelopeRecord, parse_link, terms_digest
from cloud_bridge.envelopes.record import extend, placed
from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.envelopes.statements import parse
from cloud_bridge.errors import (
    NetworkError,
    NetworkLiesError,
    NetworkRefusedError,
    NotAllowedError,
    RecordBrokenError,
)
from cloud_bridge.plain_json import decode
from cloud_bridge.wire import Feed
from gateway.envelopes.causes import job_of
from gateway.envelopes.ground import Ground, Member, Tally
from gateway.envelopes.naming import Naming
from gateway.envelopes.troubles import (
    JUDGED_ANEW,
    OVER,
    PASSING,
    Trouble,
    Troubles,
    trouble_of,
    troubles_in,
)
from gateway.errors import Problem
from gateway.store.envelopes import (
    EntryRow,
    EnvelopeRow,
    change_envelope,
    envelope_by_id,
    put_entries,
    put_envelope,
)
from gateway.store.lane import Transaction
from gateway.store.networks import change_standing

_AT_ONCE = 32
_LONGEST_ID = 100
_encode = msgspec.json.Encoder().encode

_log = structlog.get_logger("envelopes")


@dataclass(frozen=True, slots=True)
class _Reading:
    """How far entries could be believed; `trouble`: why no further."""

    state: EnvelopeState
    entries: tuple[Entry, ...] = ()
    trouble: Trouble | None = None


class _MovedError(Exception):
    """Another has written to the envelope meanwhile; what was read must be read again."""


class Inbox:
    """Takes in what one of our companies is told."""

    def __init__(self, member: Member, ground: Ground, tally: Tally) -> None:
        self._member = member
        self._ground = ground
        self._tally = tally
        self._troubles = Troubles(member, ground, tally)
        self._naming = Naming(ground.cards)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def take(self, feed: Feed) -> int:
        """Take in a page of the feed; gives how many entries were new. The cursor is kept last.

        Raises:
            NetworkAwayError: something had to be fetched besides; the page comes again.
            StoreProblem: the same.
        """
        told: dict[str, list[Entry]] = {}
        for item in feed.items:
            told.setdefault(item.envelope, []).append(item.entry)
        # Side by side, so that they share commits; all of them before the cursor moves on.
        places = asyncio.Semaphore(_AT_ONCE)
        found = await asyncio.gather(
            *(self._believe(envelope, entries, places) for envelope, entries in told.items()),
            return_exceptions=True,
        )
        for each in found:
            if isinstance(each, BaseException):
                raise each
        organisation, cursor = self._member.organisation, feed.cursor
        if feed.items:
            await self._ground.lane.write(
                lambda unit: change_standing(unit, organisation, cursor=cursor)
            )
        return sum(each for each in found if isinstance(each, int))

    async def _believe(
        self, envelope: str, entries: Sequence[Entry], places: asyncio.Semaphore
    ) -> int:
        async with places:
            return await self.believe(envelope, entries)

    async def believe(self, envelope: str, entries: Sequence[Entry]) -> int:
        """Take in entries of an envelope; gives how many of them, or of what was missing, are new.

        Raises:
            NetworkAwayError: what is missing could not be fetched.
        """
        async with self._alone(envelope) as done:
            done.append(await self._believed(envelope, entries))
        return sum(done)

    async def _believed(self, envelope: str, entries: Sequence[Entry]) -> int:
        while True:
            state = await self._ground.records.state(self._member.organisation, envelope)
            if state is None:
                return await self._fetch(envelope)
            reading = await self._read(state, entries)
            if reading.trouble is not None and reading.trouble.type == "gap":
                return await self._fetch(envelope)
            try:
                return await self._write(envelope, state, reading)
            except _MovedError:
                continue

    async def fetch(self, envelope: str) -> int:
        """Take in all of an envelope that the network holds; gives how many entries were new.

        Raises:
            NetworkAwayError: the network does not say.
        """
        async with self._alone(envelope) as done:
            done.append(await self._fetch(envelope))
        return sum(done)

    @contextlib.asynccontextmanager
    async def _alone(self, envelope: str) -> AsyncIterator[list[int]]:
        """One at a time for each envelope; one that makes us stumble holds up no other.

        Nothing of it is kept then, and each comparison tries it anew.
        """
        async with self._locks.setdefault(envelope, asyncio.Lock()):
            try:
                yield []
            except (Problem, NetworkError):
                raise
            except Exception:  # noqa: BLE001 - a defect of ours, met by what a stranger sent
                _log.exception("envelope_stumbled", envelope=envelope[:_LONGEST_ID])

    async def _fetch(self, envelope: str) -> int:
        try:
            record = await self._member.network.envelope(envelope)
        except NetworkRefusedError as refused:
            _log.warning("envelope_not_given", envelope=envelope, error=str(refused))
            return 0
        except NetworkLiesError as lies:
            await self._troubles.tell(envelope, Trouble(lies.lie, str(lies)))
            return 0
        untrusted = await self._learn(record)
        while True:
            state = await self._ground.records.state(self._member.organisation, envelope)
            try:
                begun = self._begun(envelope, record) if state is None else state
            except RecordBrokenError as broken:
                await self._troubles.tell(envelope, trouble_of(broken))
                return 0
            reading = await self._read_record(begun, record)
            if self._member.organisation not in reading.state.organisations:
                _log.warning("envelope_not_ours", envelope=envelope)
                return 0
            if reading.trouble is not None and reading.trouble.type in PASSING and untrusted:
                words = "; ".join((reading.trouble.words, *untrusted))
                reading = _Reading(
                    reading.state, reading.entries, Trouble(reading.trouble.type, words)
                )
            new = None if state is not None else self._new_row(begun, record)
            try:
                return await self._write(envelope, begun, reading, new=new)
            except _MovedError:
                continue

    async def _read_record(self, state: EnvelopeState, record: EnvelopeRecord) -> _Reading:
        if terms_digest(record.terms) != state.terms_digest:
            return _Reading(
                state,
                trouble=Trouble("other-terms", "the network gives other terms than those we hold"),
            )
        return await self._read(state, record.entries)

    def _begun(self, envelope: str, record: EnvelopeRecord) -> EnvelopeState:
        """Before the first entry of an envelope that we did not know."""
        try:
            state = folding.begin(record.terms)
        except NotAllowedError as error:
            raise RecordBrokenError(f"the terms: {error}", fault="not-allowed") from error
        if state.terms.envelope != envelope:
            raise RecordBrokenError(
                f"asked for envelope {envelope} the network gave {state.terms.envelope}",
                fault="other-terms",
            )
        return state

    async def _read(self, state: EnvelopeState, entries: Iterable[Entry]) -> _Reading:
        """Extend the state by what is new and may be believed, up to the first that may not."""
        believed: list[Entry] = []
        for entry in sorted(entries, key=_sequence):
            try:
                if self._is_known(state, entry):
                    continue
                state = await self._extended(state, entry)
            except RecordBrokenError as broken:
                return _Reading(state, tuple(believed), trouble_of(broken))
            except NetworkLiesError as lies:
                return _Reading(state, tuple(believed), Trouble(lies.lie, str(lies)))
            believed.append(entry)
        # The entries hold; whether those who are named are who they are, is another question.
        trouble = await self._naming.trouble(self._member.network, state)
        if trouble is not None and state.status in OVER:
            trouble = msgspec.structs.replace(trouble, holds=False)
        return _Reading(state, tuple(believed), trouble)

    def _is_known(self, state: EnvelopeState, entry: Entry) -> bool:
        link = placed(entry, network_key=self._member.network_key)
        if link.envelope != state.terms.envelope or not 1 <= link.sequence <= state.sequence:
            return False
        if state.hashes[link.sequence - 1] != entry.hash:
            raise RecordBrokenError(
                f"the network has signed two entries {link.sequence} of envelope {link.envelope}: "
                "compare your transcript with the partner's (sealgate envelope verify)",
                fault="forked",
            )
        return True

    async def _extended(self, state: EnvelopeState, entry: Entry) -> EnvelopeState:
        key, cards = self._member.network_key, self._ground.cards
        try:
            return extend(state, entry, network_key=key, cards=cards)
        except RecordBrokenError as broken:
            if broken.fault != "card-unknown":
                raise
        # Its author has renewed its card, or is new to us: the directory may have it.
        author = parse(entry.signed).author
        try:
            await cards.ask(self._member.network, author)
        except NetworkRefusedError as refused:
            raise RecordBrokenError(str(refused), fault="card-unknown") from refused
        return extend(state, entry, network_key=key, cards=cards)

    async def _learn(self, record: EnvelopeRecord) -> list[str]:
        """Believe the cards that come with a record; gives why some may not be believed."""
        untrusted: list[str] = []
        for signed in record.cards:
            try:
                organisation = decode(signed.card, _Named).organisation
                await self._ground.cards.learn(signed, organisation=organisation)
            except msgspec.ValidationError as error:
                untrusted.append(f"a card cannot be read: {error}")
            except (RecordBrokenError, NetworkLiesError) as error:
                untrusted.append(str(error))
        return untrusted

    async def _write(
        self,
        envelope: str,
        before: EnvelopeState,
        reading: _Reading,
        *,
        new: EnvelopeRow | None = None,
    ) -> int:
        if not reading.entries and reading.trouble is None and new is None:
            await self._pass(envelope)
            return 0
        await self._ground.lane.write(lambda unit: self._put(unit, envelope, before, reading, new))
        self._tally.entries += len(reading.entries)
        for entry in reading.entries:
            self._say(reading.state, entry)
        return len(reading.entries)

    def _say(self, state: EnvelopeState, entry: Entry) -> None:
        """One line in the log for whatever was said in an envelope."""
        said = parse(entry.signed)
        others = [
            self._naming.name(each.party)
            for each in state.parties
            if each.party.account != self._member.organisation
        ]
        _log.info(
            "envelope_act",
            act=said.act.__struct_config__.tag,
            company=self._member.company,
            envelope=said.envelope,
            sequence=_sequence(entry),
            author=said.author,
            party=said.party,
            counterparties=list(dict.fromkeys(others)),
        )

    def _put(
        self,
        unit: Transaction,
        envelope: str,
        before: EnvelopeState,
        reading: _Reading,
        new: EnvelopeRow | None,
    ) -> None:
        organisation, state = self._member.organisation, reading.state
        row = envelope_by_id(unit.connection, organisation, envelope)
        if (0 if row is None else row.sequence) != before.sequence or (row is None) != (
            new is not None
        ):
            raise _MovedError
        if new is not None:
            put_envelope(unit, new)
            row = new
        if row is not None and reading.entries:
            put_entries(unit, organisation, envelope, _rows(before, reading.entries))
            changes = self._changes(row, state)
            change_envelope(unit, organisation, envelope, **changes)
            job = job_of(organisation, envelope, f"entry-{state.sequence}")
            self._ground.queue.enqueue(unit, [job])
        if reading.trouble is not None:
            self._troubles.put(unit, envelope, reading.trouble)

    def _changes(self, row: EnvelopeRow, state: EnvelopeState) -> dict[str, Any]:
        changes: dict[str, Any] = {
            "sequence": state.sequence,
            "head": state.head,
            "changed_at": self._ground.clock.now(),
        }
        left = tuple(each for each in troubles_in(row) if each[0] not in PASSING)
        if row.status == "held" and left and state.status not in OVER:
            return changes
        return changes | {"status": _status(row, state), "trouble": _encode(left)}

    async def _pass(self, envelope: str) -> None:
        """Nothing is new; what was held up by what may have passed goes on, or is judged anew."""
        organisation = self._member.organisation
        row = await self._ground.envelopes.by_id(organisation, envelope)
        state = await self._ground.records.state(organisation, envelope)
        if row is None or state is None or row.status != "held":
            return
        left = tuple(each for each in troubles_in(row) if each[0] not in PASSING)
        is_over = state.status in OVER
        if not is_over and any(type_ not in JUDGED_ANEW for type_, _ in left):
            return

        def release(unit: Transaction) -> None:
            # What is judged anew stays held until it was found sound.
            status = "held" if left and not is_over else _status(row, state)
            trouble = _encode(left)
            change_envelope(unit, organisation, envelope, status=status, trouble=trouble)
            self._ground.queue.enqueue(unit, [job_of(organisation, envelope, "released")])

        await self._ground.lane.write(release)

    def _new_row(self, state: EnvelopeState, record: EnvelopeRecord) -> EnvelopeRow:
        member, terms, now = self._member, state.terms, self._ground.clock.now()
        inbound = member.inbound_of(terms.documents[0].type)
        return EnvelopeRow(
            organisation=member.organisation,
            id=terms.envelope,
            company=member.company,
            ours=terms.initiator == member.organisation,
            terms=record.terms,
            status="sending",
            system=member.system,
            business_number=terms.business_number,
            document_type="" if inbound is None else inbound.document_type,
            seal="" if inbound is None else inbound.seal,
            created_at=now,
            changed_at=now,
            expires_at=terms.expires_at,
        )


class _Named(msgspec.Struct):
    organisation: str


def _rows(before: EnvelopeState, entries: Sequence[Entry]) -> list[EntryRow]:
    return [
        EntryRow(sequence=before.sequence + number, entry=_encode(entry), hash=entry.hash)
        for number, entry in enumerate(entries, start=1)
    ]


def _status(row: EnvelopeRow, state: EnvelopeState) -> str:
    if state.status == "draft":
        return "sending"
    if row.status == "voiding" and state.status == "completed":
        return "voiding"
    return state.status


def _sequence(entry: Entry) -> int:
    """Where an entry says that it stands; what cannot be read comes first, and is refused."""
    try:
        return parse_link(entry).sequence
    except msgspec.ValidationError:
        return 0
