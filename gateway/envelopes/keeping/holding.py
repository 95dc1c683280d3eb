"""What holds an envelope up is kept with it, recorded, told in the log and counted.

That it is held from here on is told to whoever asked for events, in the same unit of work.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import structlog
from msgspec.structs import replace

from cloud_bridge.envelopes.model import OVER
from gateway.audit.record import Record
from gateway.envelopes.ground import Ground, Member, Tally
from gateway.envelopes.keeping.noting import event_of
from gateway.envelopes.keeping.troubles import (
    LONGEST,
    LOST_THERE,
    MISSING,
    REFUSED,
    TOLD,
    Trouble,
    is_whole_here,
    lasting_in,
    troubles_in,
    written,
)
from gateway.envelopes.records import state_now
from gateway.returns.model import Event
from gateway.store.engines.lane import Transaction
from gateway.store.rows.envelopes import EnvelopeRow, change_envelope, envelope_by_id

_MOST_OF_NONE: Final = 50
"""Envelopes of which nothing is here, and of which a trouble is recorded in an hour."""
_LONGEST_ID: Final = 100

_log = structlog.get_logger("envelopes")


def _is_more(trouble: Trouble, before: str, *, may_hold: bool) -> bool:
    """Whether it says more than what was told by the same word."""
    if trouble.words in before:
        return False
    # A content may be refused in the word in which a statement was, which held nothing up.
    is_worse = trouble.holds and may_hold and trouble.type.startswith(REFUSED)
    return trouble.type in TOLD or is_worse


def _may_hold(row: EnvelopeRow | None) -> bool:
    return row is not None and row.status not in OVER | {"held"}


def _changes(row: EnvelopeRow, trouble: Trouble, *, at: datetime) -> dict[str, Any]:
    """What becomes of an envelope's row: what is over stays so, what we have taken back, too."""
    known = dict(troubles_in(row))
    before = known.get(trouble.type)
    words = trouble.words if before is None else f"{before}; {trouble.words}"[:LONGEST]
    changes = {"trouble": written((known | {trouble.type: words}).items()), "changed_at": at}
    if not trouble.holds or row.status in OVER:
        return changes
    if trouble.type == MISSING and is_whole_here(row):
        return changes | {"hint": LOST_THERE}
    return changes | {"status": "held", "step": "look-at-it", "hint": trouble.words}


class Troubles:
    """Writes down what holds a company's envelopes up."""

    def __init__(self, member: Member, ground: Ground, tally: Tally) -> None:
        self._member = member
        self._ground = ground
        self._tally = tally

    async def tell(self, envelope: str, trouble: Trouble) -> None:
        """Keep it with the envelope, if it is ours to keep, and record it once."""
        await self._ground.lane.write(lambda unit: self.put(unit, envelope, trouble))

    def put(self, unit: Transaction, envelope: str, trouble: Trouble) -> None:
        """The same within a unit of work, before its first write.

        What has ended without an agreement stays so, whatever is wrong with it besides. Of those of
        which nothing is here, only so many are recorded in an hour: a network can make up as many
        as it likes, and records are kept for ever. All are counted.
        """
        row = envelope_by_id(unit.connection, self._member.organisation, envelope)
        known = {} if row is None else dict(troubles_in(row))
        before = known.get(trouble.type)
        if before is not None and not _is_more(trouble, before, may_hold=_may_hold(row)):
            return
        if row is None and (told := self._tally.of_none(self._ground.clock.now())) > _MOST_OF_NONE:
            unit.after_commit(self._count, (trouble, told))
            return
        record = self._record(envelope, trouble)
        changes = {} if row is None else _changes(row, trouble, at=record.at)
        event = self._that_it_is_held(unit, row, changes)
        self._ground.audit.append(unit, record)
        if changes:
            change_envelope(unit, self._member.organisation, envelope, **changes)
        if event is not None:
            self._ground.events.put(unit, event)
        unit.after_commit(self._say, (envelope, trouble))

    async def end(self, envelope: str, type_: str) -> None:
        """Something that held nothing up has passed."""

        def unit(transaction: Transaction) -> None:
            row = envelope_by_id(transaction.connection, self._member.organisation, envelope)
            if row is None:
                return
            left = tuple(each for each in troubles_in(row) if each[0] != type_)
            if left != troubles_in(row):
                change_envelope(
                    transaction, self._member.organisation, envelope, trouble=written(left)
                )

        await self._ground.lane.write(unit)

    def end_passing(self, unit: Transaction, envelope: str) -> None:
        """Something went on, so that what may pass has passed; what holds the envelope stays."""
        row = envelope_by_id(unit.connection, self._member.organisation, envelope)
        if row is None or row.status == "held":
            return
        left = lasting_in(row)
        if left != troubles_in(row):
            change_envelope(unit, self._member.organisation, envelope, trouble=written(left))

    def _that_it_is_held(
        self, unit: Transaction, row: EnvelopeRow | None, changes: Mapping[str, Any]
    ) -> Event | None:
        """From here on; None: it is not, or was before, and a further trouble is no event."""
        if row is None or row.status == "held" or "status" not in changes:
            return None
        left, state = replace(row, **changes), state_now(unit.connection, row)
        return event_of(self._member, left, state, status="held", at=left.changed_at)

    def _record(self, envelope: str, trouble: Trouble) -> Record:
        content = {
            "organisation": self._member.organisation,
            "company": self._member.company,
            "envelope": envelope[:_LONGEST_ID],
            "trouble": trouble.type,
            "words": trouble.words,
            "lie": trouble.is_lie,
        }
        return Record(kind="envelope-trouble", at=self._ground.clock.now(), content=content)

    def _say(self, every: list[tuple[str, Trouble]]) -> None:
        for envelope, trouble in every:
            event = "network_lies" if trouble.is_lie else "envelope_trouble"
            _log.error(
                event,
                organisation=self._member.organisation,
                envelope=envelope[:_LONGEST_ID],
                trouble=trouble.type,
                error=trouble.words,
            )
            if trouble.is_lie:
                self._tally.lie(trouble.type)

    def _count(self, every: list[tuple[Trouble, int]]) -> None:
        for trouble, told in every:
            if trouble.is_lie:
                self._tally.lie(trouble.type)
            if told == _MOST_OF_NONE + 1:
                _log.error(
                    "envelopes_made_up",
                    organisation=self._member.organisation,
                    error=f"the network has told of more than {_MOST_OF_NONE} envelopes within an "
                    "hour that cannot be, and of which nothing is here: further ones are counted "
                    "and not recorded. Ask its operator",
                )
