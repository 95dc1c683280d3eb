"""What the network is owed: written in the transaction that makes it true, sent in its order.

Sending is repeated until the network has it: everything that is sent has an id, and the same again
changes nothing there. Once the network says that it will never take something, that has an end too,
and is told as a trouble of the envelope. What cannot go out for now keeps back what stands on it,
and nothing else: a withdrawal overtakes a document that has no room.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final
from weakref import WeakValueDictionary

from msgspec.structs import replace

from cloud_bridge.errors import (
    NetworkLiesError,
    NetworkRefusedError,
    RecordBrokenError,
    WayTooNarrowError,
)
from cloud_bridge.wire import Taken
from gateway.envelopes.carriage.inbox import Inbox
from gateway.envelopes.carriage.leaving import Leaving
from gateway.envelopes.carriage.marking import Marking
from gateway.envelopes.carriage.owed import (
    ends_it,
    envelope_in,
    named_by,
    outlives,
    statement_in,
    together,
    waits_behind,
)
from gateway.envelopes.carriage.packing import Packing
from gateway.envelopes.carriage.sending import Sending
from gateway.envelopes.ground import Ground, Member, Tally
from gateway.envelopes.keeping.holding import Troubles
from gateway.envelopes.keeping.troubles import (
    FROZEN,
    NARROW,
    NO_ROOM,
    PASSING,
    Trouble,
    trouble_of,
)
from gateway.signing.errors import FrozenProblem
from gateway.store.rows.envelope_owed import OwedEnvelopeRow

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
        self._marking = Marking(ground, inbox, self._troubles, tally)
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
            await self._marking.mark(list(going.there))
            await self._marking.mark(list(going.lost), refused=_OVER)
            sending = Sending(going.kept, going.why)
            async with self._marking.by_the_end() as there:
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
            if contents and await self._is_settled(rows, sending, there):
                return True
        except NetworkLiesError as lies:
            return await self._lied(last, lies, there)
        for row in rows:
            if row.ordinal not in sending.fallen and not await self._send(
                row, last, sending, there
            ):
                return False
        return True

    async def _is_settled(
        self,
        rows: tuple[OwedEnvelopeRow, ...],
        sending: Sending,
        there: list[OwedEnvelopeRow],
    ) -> bool:
        """Send all of it in one request, or keep all of it back for want of room.

        False: it must go one by one, which says what does not.
        """
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
        except (NetworkRefusedError, RecordBrokenError) as error:
            if not _is_want_of_room(error):
                return False
            # Nobody needs a part of it: what stands on all of it would wait all the same.
            await self._marking.mark(there)
            await self._stays(first, error, sending)
            sending.back += rows[1:]
            return True
        await self._marking.answered(taken, [*there, *rows])
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
        except NetworkLiesError as lies:
            return await self._lied(row, lies, there)
        except (NetworkRefusedError, WayTooNarrowError, RecordBrokenError) as error:
            await self._marking.mark(there)
            await self._stays(row, error, sending)
        else:
            if taken is None:
                there.append(row)
            else:
                await self._marking.answered(taken, [*there, row])
                there.clear()
            self._tally.sent += 1
        return True

    async def _stays(
        self,
        row: OwedEnvelopeRow,
        error: NetworkRefusedError | WayTooNarrowError | RecordBrokenError,
        sending: Sending,
    ) -> None:
        """It did not go out: for good, or for now, so that it stays owed."""
        passing = _passing(error)
        if passing is not None:
            sending.keep_back(row, passing)
        elif isinstance(error, RecordBrokenError):
            sending.back.append(row)
            await self._troubles.tell(row.envelope, trouble_of(error))
        elif isinstance(error, NetworkRefusedError):
            sending.fallen |= await self._marking.never(row, error)

    async def _lied(
        self, row: OwedEnvelopeRow, lies: NetworkLiesError, there: list[OwedEnvelopeRow]
    ) -> bool:
        await self._marking.mark(there)
        await self._troubles.tell(row.envelope, trouble_of(lies))
        return False

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
            await self._marking.mark(
                [row for row in sending.back if not outlives(row)], refused=_OVER
            )
            return all(not outlives(row) for row in sending.back)
        for trouble in sending.troubles:
            await self._troubles.tell(envelope, trouble)
        return False


def _is_want_of_room(error: Exception) -> bool:
    return isinstance(error, NetworkRefusedError) and error.type == NO_ROOM


def _passing(error: NetworkRefusedError | WayTooNarrowError | RecordBrokenError) -> Trouble | None:
    """What keeps it back for now; None: it is for good."""
    if isinstance(error, RecordBrokenError):
        trouble = trouble_of(error)
        return replace(trouble, holds=False) if trouble.type in PASSING else None
    if isinstance(error, WayTooNarrowError):  # the network is not away: what is smaller goes out
        return Trouble(NARROW, str(error), holds=False)
    return (
        Trouble(f"refused-{NO_ROOM}", str(error), holds=False) if _is_want_of_room(error) else None
    )
