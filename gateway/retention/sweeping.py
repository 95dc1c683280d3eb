"""Erase content whose time is over: recorded first, then made a hole in its segment.

A stop between the two leaves rows that are erased and not wiped; the next sweep carries them out.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Final

import structlog

from gateway.audit.log import AuditLog
from gateway.clock import Clock
from gateway.retention import records
from gateway.retention.holds import holds
from gateway.retention.model import Hold
from gateway.seals.in_force import InForce
from gateway.store.engines.lane import Transaction, WriterLane
from gateway.store.files.content import ContentStore, Location
from gateway.store.rows.holds import DueRow, due_rows, keep_longer, mark_erased, mark_wiped

# So few at a time that no document waits for it, and that their ids fit into one record.
_AT_ONCE: Final = 200

_log = structlog.get_logger("retention")


class Sweeper:
    """Erases what need not be kept. Whoever it erases for has no say: policies and holds do."""

    def __init__(
        self,
        *,
        lane: WriterLane,
        audit: AuditLog,
        content: ContentStore,
        in_force: Callable[[], InForce],
        clock: Clock,
    ) -> None:
        self._lane = lane
        self._audit = audit
        self._content = content
        self._in_force = in_force
        self._clock = clock

    async def sweep(self) -> int:
        """Go through all whose time is over; gives how many documents were erased.

        Raises:
            StoreProblem: store or disk cannot be written; what was recorded is carried out later.
        """
        erased, after = 0, None
        while True:
            page, gone = await self._lane.write(partial(self._mark, after=after))
            await self._wipe(gone)
            erased += len(gone)
            if len(page) < _AT_ONCE:
                return erased
            after = page[-1]

    def _mark(
        self, transaction: Transaction, after: DueRow | None
    ) -> tuple[tuple[DueRow, ...], list[DueRow]]:
        now = self._clock.now()
        connection = transaction.connection
        page = due_rows(connection, now=int(now.timestamp()), most=_AT_ONCE, after=after)
        held = holds(connection, live_only=True)
        gone = [row for row in page if row.erased_index is not None]
        fresh = []
        for row in page:
            if row.erased_index is not None or _is_held(row, held):
                continue
            until = self._end_by_now(row)
            if until is None or until > now:
                keep_longer(
                    connection, row.id, until=None if until is None else int(until.timestamp())
                )
            else:
                fresh.append(row)
        if fresh:
            ids = [row.id for row in fresh]
            index = self._audit.append(transaction, records.erased(ids, at=now))
            mark_erased(connection, ids, record=index)
        return page, gone + fresh

    def _end_by_now(self, row: DueRow) -> datetime | None:
        """The later of the end that was set with the seal, and the one that policies say now."""
        own = datetime.fromtimestamp(row.keep_until, UTC)
        document_type = self._in_force().bundle.document_types.get(row.document_type)
        if document_type is None:
            return own
        by_now = document_type.retention.until(datetime.fromtimestamp(row.signed_at, UTC))
        return None if by_now is None else max(own, by_now)

    async def _wipe(self, gone: list[DueRow]) -> None:
        if not gone:
            return
        await asyncio.to_thread(self._erase, gone)
        ids = [row.id for row in gone]
        await self._lane.write(lambda unit: mark_wiped(unit.connection, ids))
        _log.info("content_erased", documents=len(ids))

    def _erase(self, gone: list[DueRow]) -> None:
        for row in gone:
            self._content.erase(Location(row.segment, row.segment_offset), row.output_bytes)


def _is_held(row: DueRow, held: tuple[Hold, ...]) -> bool:
    return any(
        hold.covers(
            company=row.company,
            business_number=row.business_number,
            document_type=row.document_type,
        )
        for hold in held
    )
