"""What the network is owed: written in the transaction that makes it true, sent in its order.

Sending is repeated until the network has it: everything that is sent has an id, and the same again
changes nothing there. Once the network says that it will never take something, that has an end too,
and is told as a trouble of the envelope. What cannot go out for now keeps back what stands on it,
and nothing else: a withdrawal overtakes a document that has no room.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Final
from weakref import WeakValueDictionary

from msgspec.structs import replace

from cloud_bridge.errors import (
    NetworkError,
    NetworkLiesError,
    NetworkRefusedError,
    RecordBrokenError,
)
from cloud_bridge.wire import Taken
from gateway.envelopes.carriage.inbox import Inbox
from gateway.envelopes.carriage.leaving import Leaving
from gateway.envelopes.carriage.owed import (
    asks_for_the_pen,
    ends_it,
    envelope_in,
    falls_with,
    named_by,
    outlives,
    statement_in,
    together,
    waits_behind,
)
from gateway.envelopes.carriage.packing import Packing
from gateway.envelopes.carriage.sending import Sending
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
from gateway.store.envelope_owed import OwedEnvelopeRow, mark_sent, owed_now
from gateway.store.lane import Transaction

_LOST: Final = "content-missing"
"""The network's word for: a content that stands before this is not there."""
_OVER: Final = "over"
_UNDER_WAY: Final = frozenset({"draft", "signing"})


class Outbox:
    """Sends what one of our companies owes."""

    def __init__(self, member: Member, ground: Ground, inbox: Inbox, tally: Tally) -> None:
        self._member = member
        self._ground = ground
        self._inbox = inbox
        self._tally = tally
        self._leaving = Leaving(member, ground, inbox)
        self._packing = Packing(member, ground)
        self._troubles = Troubles(member, ground, tally)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @contextlib.asynccontextmanager
    async def alone(self, envelope: str) -> AsyncIterator[None]:
        """Nothing of an envelope goes out meanwhile."""
        async with self._locks.setdefault(envelope, asyncio.Lock()):
            yield

    async def send(self, envelope: str) -> bool:
        """Send what is owed in an envelope, in its order; gives whether nothing is owed any more.

        False: a trouble keeps something back, and is told with the envelope; it may pass. Of an
        envelope that is held only what ends it goes out. What a statement of ours became is in our
        copy of the record when this returns.

        Raises:
            FrozenProblem: officers have frozen what we have sealed; it stays owed.
            NetworkAwayError: the network cannot be reached; the rest stays owed.
            StoreProblem: a row or a document cannot be read or written; the same.
        """
        async with self.alone(envelope):
            going = await self._leaving.look(envelope)
            await self._mark(list(going.there))
            await self._mark(list(going.lost), refused=_OVER)
            sending = Sending(going.kept, going.why)
            async with self._marked_by_the_end() as there:
                for rows in together(going.rows):
                    if not await self._go(rows, sending, there):
                        return False
            is_all = await self._is_all(envelope, sending)
        if sending.frozen and not is_all:
            raise FrozenProblem(sending.frozen)
        return is_all

    async def _go(
        self,
        rows: tuple[OwedEnvelopeRow, ...],
        sending: Sending,
        there: list[OwedEnvelopeRow],
    ) -> bool:
        """Contents and what stands on them, or one thing alone; gives whether to go on."""
        *contents, last = rows
        try:
            if contents and await self._is_brought(rows, sending, there):
                return True
        except NetworkLiesError as lies:
            return await self._lied(last, lies, there)
        for row in rows:
            if row.ordinal not in sending.fallen and not await self._send(
                row, last, sending, there
            ):
                return False
        return True

    async def _is_brought(
        self,
        rows: tuple[OwedEnvelopeRow, ...],
        sending: Sending,
        there: list[OwedEnvelopeRow],
    ) -> bool:
        """Send all of it in one request; False: it must go one by one, which says what does not."""
        first, last = rows[0], rows[-1]
        if (
            waits_behind(first, sending.back)
            or any(sending.stops(row) or row.ordinal in sending.fallen for row in rows)
            or await self._is_held_back(first)
        ):
            return False
        try:
            parcel = await self._packing.parcel(rows)
            # Right before it leaves: packing may have taken a while.
            if parcel is None or await self._is_held_back(first):
                return False
            if await self._leaving.against(last):
                return False
            taken = await self._member.network.bring(parcel)
        except (NetworkRefusedError, RecordBrokenError):
            return False
        await self._answered(taken, [*there, *rows])
        there.clear()
        self._tally.sent += len(rows)
        return True

    async def _send(
        self,
        row: OwedEnvelopeRow,
        last: OwedEnvelopeRow,
        sending: Sending,
        there: list[OwedEnvelopeRow],
    ) -> bool:
        """One of them, with `last` standing on it, or why not; gives whether to go on."""
        if waits_behind(row, sending.back) or await self._is_held_back(row):
            sending.back.append(row)
            return True
        why = sending.stops(row) or await self._leaving.against(last)
        if why:
            sending.frozen = why
            sending.keep_back(row, Trouble(FROZEN, why, holds=False))
            return True
        try:
            taken = await self._taken(row)
        except NetworkRefusedError as refused:
            await self._mark(there)
            if refused.type == NO_ROOM:  # for now: what is owed stays owed
                sending.keep_back(row, Trouble(f"refused-{NO_ROOM}", str(refused), holds=False))
            else:
                sending.fallen |= await self._never(row, refused)
        except NetworkLiesError as lies:
            return await self._lied(row, lies, there)
        except RecordBrokenError as broken:
            await self._mark(there)
            trouble = trouble_of(broken)
            if trouble.type in PASSING:
                sending.keep_back(row, replace(trouble, holds=False))
            else:
                sending.back.append(row)
                await self._troubles.tell(row.envelope, trouble)
        else:
            if taken is None:
                there.append(row)
            else:
                await self._answered(taken, [*there, row])
                there.clear()
            self._tally.sent += 1
        return True

    async def _answered(self, taken: Taken, rows: Sequence[OwedEnvelopeRow]) -> None:
        """What the last of the rows became, and that all of them are there, in one transaction."""
        mark = partial(self._put_mark, rows)
        await self._inbox.answer(rows[-1].envelope, taken.entries, mark)

    async def _lied(
        self, row: OwedEnvelopeRow, lies: NetworkLiesError, there: list[OwedEnvelopeRow]
    ) -> bool:
        await self._mark(there)
        await self._troubles.tell(row.envelope, Trouble(lies.lie, str(lies)))
        return False

    @contextlib.asynccontextmanager
    async def _marked_by_the_end(self) -> AsyncIterator[list[OwedEnvelopeRow]]:
        """Rows in this list are at the network; those that are left in it are marked so.

        A content is marked with the statement behind it, in the transaction of its entry. Where
        none comes any more, it is not put there again all the same.
        """
        there: list[OwedEnvelopeRow] = []
        try:
            yield there
        except NetworkError:
            await self._mark(there)
            raise
        await self._mark(there)

    async def _is_held_back(self, row: OwedEnvelopeRow) -> bool:
        kept = await self._ground.envelopes.by_id(row.organisation, row.envelope)
        if kept is None:
            return False
        if kept.status == "withdrawn":  # perhaps by another node, since the rows were read
            return row.kind != "statement"
        return kept.status == "held" and not ends_it(row)

    async def _taken(self, row: OwedEnvelopeRow) -> Taken | None:
        """Send it; where the network has lost contents that it stands on, once more with these.

        What was put is forgotten there after a week while nothing stands on it, and so long, or
        longer, the next document may have had no room.
        """
        try:
            return await self._sent(row)
        except NetworkRefusedError as refused:
            lost = named_by(row) if refused.type == _LOST else ()
            if not lost:
                raise
        for digest in lost:
            await self._put(row.envelope, digest)
        return await self._sent(row)

    async def _sent(self, row: OwedEnvelopeRow) -> Taken | None:
        network = self._member.network
        match row.kind:
            case "envelope":
                return await network.send(envelope_in(row))
            case "statement":
                return await network.state(statement_in(row))
            case "content":
                await self._put(row.envelope, row.key)
                return None

    async def _put(self, envelope: str, digest: str) -> None:
        content = await self._packing.packed(envelope, digest)
        if content is not None:
            await self._member.network.put_content(content)

    async def _is_all(self, envelope: str, sending: Sending) -> bool:
        """Tell why something is left, if anything is; gives whether nothing is."""
        if not sending.back:
            return True
        state = await self._ground.records.state(self._member.organisation, envelope)
        if state is not None and state.status not in _UNDER_WAY:
            # Nobody asks for it any more: we have ended the envelope ourselves, or others have.
            await self._mark([row for row in sending.back if not outlives(row)], refused=_OVER)
            return all(not outlives(row) for row in sending.back)
        for trouble in sending.troubles:
            await self._troubles.tell(envelope, trouble)
        return False

    async def _never(self, row: OwedEnvelopeRow, refused: NetworkRefusedError) -> set[int]:
        """Write that the network will never take it; gives the ordinals of all that falls."""
        if asks_for_the_pen(row) and refused.type == "not-allowed":
            # We asked whether we may sign now, and another was first: an answer, no trouble.
            await self._mark([row], refused=refused.type)
            return set()
        trouble = Trouble(f"refused-{refused.type}", str(refused), holds=row.kind != "statement")

        def write(unit: Transaction) -> set[int]:
            rows = owed_now(unit.connection, row.organisation, row.envelope)
            fallen = falls_with(row, rows)
            self._troubles.put(unit, row.envelope, trouble)
            at = self._ground.clock.now()
            for each in fallen:
                mark_sent(unit, each, at=at, refused=refused.type)
            return {each.ordinal for each in fallen}

        fallen = await self._ground.lane.write(write)
        self._tally.refused += 1
        return fallen

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
