"""What became of what the network was owed: it is there, or the network will never take it."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from functools import partial

from cloud_bridge.errors import NetworkError, NetworkRefusedError
from cloud_bridge.wire import Taken
from gateway.envelopes.carriage.inbox import Inbox
from gateway.envelopes.carriage.owed import asks_for_the_pen, falls_with
from gateway.envelopes.ground import Ground, Tally
from gateway.envelopes.keeping.holding import Troubles
from gateway.envelopes.keeping.troubles import Trouble
from gateway.store.engines.lane import Transaction
from gateway.store.rows.envelope_owed import OwedEnvelopeRow, mark_sent, owed_now


class Marking:
    """Writes it down, of one of our companies."""

    def __init__(self, ground: Ground, inbox: Inbox, troubles: Troubles, tally: Tally) -> None:
        self._ground = ground
        self._inbox = inbox
        self._troubles = troubles
        self._tally = tally

    @contextlib.asynccontextmanager
    async def by_the_end(self) -> AsyncIterator[list[OwedEnvelopeRow]]:
        """Rows in this list are at the network; those that are left in it are marked so.

        A content is marked with the statement behind it, in the transaction of its entry. Where
        none comes any more, it is not put there again all the same.
        """
        there: list[OwedEnvelopeRow] = []
        try:
            yield there
        except NetworkError:
            await self.mark(there)
            raise
        await self.mark(there)

    async def answered(self, taken: Taken, rows: Sequence[OwedEnvelopeRow]) -> None:
        """What the last of the rows became, and that all of them are there, in one transaction."""
        mark = partial(self._put, rows)
        await self._inbox.answer(rows[-1].envelope, taken.entries, mark)

    async def never(self, row: OwedEnvelopeRow, refused: NetworkRefusedError) -> set[int]:
        """Write that the network will never take it; gives the ordinals of all that falls."""
        if asks_for_the_pen(row) and refused.type == "not-allowed":
            # We asked whether we may sign now, and another was first: an answer, no trouble.
            await self.mark([row], refused=refused.type)
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

    async def mark(self, rows: list[OwedEnvelopeRow], *, refused: str | None = None) -> None:
        """They are there, or never will be (`refused`: why); the list is empty then."""
        if rows:
            mark = partial(self._put, rows.copy(), refused=refused)
            await self._ground.lane.write(mark)
            rows.clear()

    def _put(
        self, rows: Sequence[OwedEnvelopeRow], unit: Transaction, *, refused: str | None = None
    ) -> None:
        for row in rows:
            mark_sent(unit, row, at=self._ground.clock.now(), refused=refused)
        self._troubles.end_passing(unit, rows[-1].envelope)
