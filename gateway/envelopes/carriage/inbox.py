"""What the network tells us: verified, then written in the order of its sequence, or named a lie.

Items may come twice, late, in any order or not at all; the record decides, not the feed. With each
step of a record a job is enqueued in the same transaction, which looks at what the envelope needs.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from weakref import WeakValueDictionary

import structlog

from cloud_bridge.envelopes.chain import Entry, EnvelopeRecord
from cloud_bridge.errors import (
    NetworkError,
    NetworkLiesError,
    NetworkRefusedError,
    RecordBrokenError,
)
from cloud_bridge.wire import Feed
from gateway.envelopes.carriage.failing import Failing
from gateway.envelopes.carriage.inbox_reading import InboxReader, Reading, sequence_of
from gateway.envelopes.carriage.inbox_writing import Answered, InboxWriter, MovedError
from gateway.envelopes.ground import Ground, Member, Tally
from gateway.envelopes.keeping.holding import Troubles
from gateway.envelopes.keeping.naming import Naming
from gateway.envelopes.keeping.troubles import PASSING, Trouble, trouble_of
from gateway.errors import Problem
from gateway.store.engines.lane import Transaction
from gateway.store.rows.networks import change_standing

_AT_ONCE = 32
_LONGEST_ID = 100

_log = structlog.get_logger("envelopes")


class Inbox:
    """Takes in what one of our companies is told."""

    def __init__(self, member: Member, ground: Ground, tally: Tally, failing: Failing) -> None:
        self._member = member
        self._ground = ground
        self._failing = failing
        self._troubles = Troubles(member, ground, tally)
        naming = Naming(ground.cards)
        self._reader = InboxReader(member, ground, naming)
        self._writer = InboxWriter(member, ground, tally, self._troubles, naming)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._cursor: str | None = None

    async def cursor(self) -> str:
        """How far the feed was taken in."""
        if self._cursor is not None:
            return self._cursor
        return (await self._ground.networks.standing(self._member.organisation)).cursor

    async def take(self, feed: Feed) -> int:
        """Take in a page of the feed; gives how many entries were new. The cursor is kept last.

        It is written with whatever is written next, at the latest the ledger's row of the next
        question. Where that is lost, the page comes again.

        Where more of an envelope is needed and the network fails for it alone, that is tried again
        later, and the page counts as taken in.

        Raises:
            NetworkAwayError: something had to be fetched besides; the page comes again.
            StoreProblem: the same.
        """
        told: dict[str, list[Entry]] = {}
        records: dict[str, EnvelopeRecord] = {}
        for item in feed.items:
            told.setdefault(item.envelope, []).append(item.entry)
            if item.record is not None:
                records[item.envelope] = item.record
        # Before anything is written: whoever is woken by that looks for them here.
        self._ground.brought.keep(self._member.organisation, feed.contents, envelopes=told)
        # Side by side, so that they share commits; all of them before the cursor moves on.
        places = asyncio.Semaphore(_AT_ONCE)
        found = await asyncio.gather(
            *(
                self._believe(envelope, entries, records.get(envelope), places)
                for envelope, entries in told.items()
            ),
            return_exceptions=True,
        )
        for each in found:
            if isinstance(each, BaseException):
                raise each
        if feed.items or feed.cursor != await self.cursor():
            self._keep(feed.cursor)
        return sum(each for each in found if isinstance(each, int))

    def _keep(self, cursor: str) -> None:
        def kept(written: "asyncio.Future[None]") -> None:
            if self._cursor == cursor:
                self._cursor = None  # the database says from here on how far we are
            if not written.cancelled() and (error := written.exception()) is not None:
                _log.warning("cursor_not_kept", organisation=organisation, error=str(error))

        organisation = self._member.organisation
        self._cursor = cursor
        self._ground.lane.along(
            lambda unit: change_standing(unit, organisation, cursor=cursor)
        ).add_done_callback(kept)

    async def _believe(
        self,
        envelope: str,
        entries: Sequence[Entry],
        record: EnvelopeRecord | None,
        places: asyncio.Semaphore,
    ) -> int:
        async with places:
            found = await self._failing.attempt(
                envelope,
                partial(self.believe, envelope, entries, record),
                again=partial(self.fetch, envelope),
                compares=False,
            )
            return found or 0

    async def believe(
        self, envelope: str, entries: Sequence[Entry], record: EnvelopeRecord | None = None
    ) -> int:
        """Take in entries of an envelope; gives how many of them, or of what was missing, are new.

        Args:
            envelope: its id.
            entries: that were told.
            record: of all of it, where that came with them; used where nothing of it is here, and
                it has as much as they say.

        Raises:
            NetworkAwayError: what is missing could not be fetched.
        """
        async with self._alone(envelope):
            return await self._believed(envelope, entries, record=record)

    async def answer(
        self, envelope: str, entries: Sequence[Entry], write: Callable[[Transaction], None]
    ) -> None:
        """Take in what came of a statement of ours, and write besides that it is there.

        That is its own entry and those that the network has told with it, which are believed as
        little as what the feed brings. The one in the transaction of the other, where there is
        something new; whoever has sent it looks at the envelope next.

        Raises:
            NetworkAwayError: what is missing could not be fetched; then nothing is written besides.
            StoreProblem: nothing was written.
        """
        answered = Answered(write)
        try:
            async with self._alone(envelope):
                await self._believed(envelope, entries, answered)
        except (Problem, NetworkError):
            raise
        except Exception:  # noqa: BLE001 - a defect of ours; that it has arrived is known all the same
            _log.exception("envelope_stumbled", envelope=envelope[:_LONGEST_ID])
        if not answered.is_written:
            await self._ground.lane.write(answered.put)

    async def _believed(
        self,
        envelope: str,
        entries: Sequence[Entry],
        answered: Answered | None = None,
        *,
        record: EnvelopeRecord | None = None,
    ) -> int:
        while True:
            state = await self._ground.records.state(self._member.organisation, envelope)
            if state is None:
                # What ends before what was told with it is not believed: it would swallow the rest.
                whole = record if record is not None and _reaches(record, entries) else None
                return await self._fetch(envelope, whole)
            reading = await self._reader.read(state, entries)
            if reading.trouble is not None and reading.trouble.type == "gap":
                return await self._fetch(envelope)
            try:
                return await self._writer.write(envelope, state, reading, answered=answered)
            except MovedError:
                continue

    async def fetch(self, envelope: str, *, is_level: bool = False) -> int:
        """Take in all of an envelope that the network holds; gives how many entries were new.

        Args:
            envelope: its id.
            is_level: whether the network says that it is as far as we are: what it had kept from us
                and gives now is no trouble any more.

        Raises:
            NetworkAwayError: the network does not say.
        """
        async with self._alone(envelope):
            return await self._fetch(envelope, is_level=is_level)

    def _alone(self, envelope: str) -> asyncio.Lock:
        """One at a time for each envelope."""
        return self._locks.setdefault(envelope, asyncio.Lock())

    async def _fetch(
        self, envelope: str, record: EnvelopeRecord | None = None, *, is_level: bool = False
    ) -> int:
        try:
            record = record or await self._member.network.envelope(envelope)
        except NetworkRefusedError as refused:
            _log.warning("envelope_not_given", envelope=envelope[:_LONGEST_ID], error=str(refused))
            return 0
        except NetworkLiesError as lies:
            await self._troubles.tell(envelope, trouble_of(lies))
            return 0
        untrusted = await self._reader.learn(record)
        while True:
            state = await self._ground.records.state(self._member.organisation, envelope)
            try:
                begun = self._reader.begun(envelope, record) if state is None else state
            except RecordBrokenError as broken:
                await self._troubles.tell(envelope, trouble_of(broken))
                return 0
            reading = await self._reader.read_record(begun, record)
            if self._member.organisation not in reading.state.organisations:
                _log.warning("envelope_not_ours", envelope=envelope[:_LONGEST_ID])
                return 0
            if reading.trouble is not None and reading.trouble.type in PASSING and untrusted:
                words = "; ".join((reading.trouble.words, *untrusted))
                reading = Reading(
                    reading.state, reading.entries, Trouble(reading.trouble.type, words)
                )
            new = None if state is not None else self._writer.new_row(begun, record)
            try:
                is_whole = is_level and _has_all(record, begun.sequence)
                return await self._writer.write(
                    envelope, begun, reading, new=new, is_whole=is_whole
                )
            except MovedError:
                continue


def _reaches(record: EnvelopeRecord, entries: Sequence[Entry]) -> bool:
    """Whether a record has as many entries as these say that there are."""
    return max(map(sequence_of, entries), default=0) <= len(record.entries)


def _has_all(record: EnvelopeRecord, sequence: int) -> bool:
    """Whether a record that was believed has every entry up to a sequence."""
    return {*range(1, sequence + 1)} <= set(map(sequence_of, record.entries))
