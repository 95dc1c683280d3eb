"""What was believed of the network's word is written: entries, status and a job, in one go."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog

from cloud_bridge.envelopes.chain import Entry, EnvelopeRecord
from cloud_bridge.envelopes.model import OVER
from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.envelopes.statements import NETWORK, Acknowledged, parse
from gateway.envelopes.carriage.inbox_reading import Reading, sequence_of
from gateway.envelopes.causes import job_of
from gateway.envelopes.ground import Ground, Member, Tally
from gateway.envelopes.keeping.holding import Troubles
from gateway.envelopes.keeping.naming import Naming
from gateway.envelopes.keeping.standing import status_of
from gateway.envelopes.keeping.troubles import (
    JUDGED_ANEW,
    KEPT_FROM_US,
    LOST_THERE,
    holding_in,
    holding_now,
    lasting_in,
    troubles_in,
    written,
)
from gateway.store.engines.lane import Transaction
from gateway.store.rows.envelopes import (
    EntryRow,
    EnvelopeRow,
    change_envelope,
    envelope_by_id,
    put_entries,
    put_envelope,
)

_encode = msgspec.json.Encoder().encode

_log = structlog.get_logger("envelopes")


class MovedError(Exception):
    """Another has written to the envelope meanwhile; what was read must be read again."""


@dataclass(slots=True)
class Answered:
    """What becomes true with the answer to something that we have sent ourselves.

    No job is enqueued for such an entry, nor for what the network said because of it: whoever has
    sent it looks at the envelope next. What others said before it is looked at anew, as if the feed
    had told it: the job that has sent it may have made up its mind, and end to wait for people.

    Attributes:
        write: writes it, in the transaction of the entry.
        is_written: whether it was.
    """

    write: Callable[[Transaction], None]
    is_written: bool = False

    def put(self, unit: Transaction) -> None:
        """Within a unit of work, last."""
        self.write(unit)
        self.is_written = True


class InboxWriter:
    """Writes what one of our companies is told."""

    def __init__(
        self, member: Member, ground: Ground, tally: Tally, troubles: Troubles, naming: Naming
    ) -> None:
        self._member = member
        self._ground = ground
        self._tally = tally
        self._troubles = troubles
        self._naming = naming

    async def write(
        self,
        envelope: str,
        before: EnvelopeState,
        reading: Reading,
        *,
        new: EnvelopeRow | None = None,
        answered: Answered | None = None,
        is_whole: bool = False,
    ) -> int:
        """Write what follows upon `before`; gives how many entries are new.

        `is_whole`: the network has just given all that we hold, and says that there is no more.

        Raises:
            MovedError: the envelope is no longer as it was before.
        """
        if not reading.entries and reading.trouble is None and new is None:
            await self._pass(envelope, KEPT_FROM_US if is_whole else frozenset())
            return 0

        def unit(transaction: Transaction) -> None:
            self._put(transaction, envelope, before, reading, new, is_answer=answered is not None)
            if answered is not None:
                answered.put(transaction)

        await self._ground.lane.write(unit)
        self._tally.entries += len(reading.entries)
        for entry in reading.entries:
            self._say(reading.state, entry)
        return len(reading.entries)

    def new_row(self, state: EnvelopeState, record: EnvelopeRecord) -> EnvelopeRow:
        """The row of an envelope that we did not know; whoever writes it first has it."""
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

    def _put(
        self,
        unit: Transaction,
        envelope: str,
        before: EnvelopeState,
        reading: Reading,
        new: EnvelopeRow | None,
        *,
        is_answer: bool,
    ) -> None:
        organisation, state = self._member.organisation, reading.state
        row = envelope_by_id(unit.connection, organisation, envelope)
        if (0 if row is None else row.sequence) != before.sequence or (row is None) != (
            new is not None
        ):
            raise MovedError
        if new is not None:
            put_envelope(unit, new)
            row = new
        if row is not None and reading.entries:
            put_entries(unit, organisation, envelope, _rows(before, reading.entries))
            changes = self._changes(unit, row, state)
            change_envelope(unit, organisation, envelope, **changes)
            if any(self._wakes(each, is_answer=is_answer) for each in reading.entries):
                job = job_of(organisation, envelope, f"entry-{state.sequence}")
                self._ground.queue.enqueue(unit, [job])
        if reading.trouble is not None:
            self._troubles.put(unit, envelope, reading.trouble)

    def _wakes(self, entry: Entry, *, is_answer: bool) -> bool:
        """Whether anything may be to be done for it that nobody is at already."""
        said = parse(entry.signed)
        if isinstance(said.act, Acknowledged):  # that others hold the record is only kept
            return False
        if not is_answer:
            return True
        if said.author == NETWORK:  # its own words name no party; those for persons do
            return bool(said.party)
        return said.author != self._member.organisation

    def _changes(self, unit: Transaction, row: EnvelopeRow, state: EnvelopeState) -> dict[str, Any]:
        changes: dict[str, Any] = {
            "sequence": state.sequence,
            "head": state.head,
            "changed_at": self._ground.clock.now(),
        }
        if row.status == "held" and state.status not in OVER and holding_now(unit.connection, row):
            return changes
        trouble = written(lasting_in(row))
        return changes | {"status": status_of(row, state), "trouble": trouble}

    async def _pass(self, envelope: str, ended: frozenset[str]) -> None:
        """Nothing is new; what was held up by what may have passed goes on, or is judged anew.

        `ended`: the types of what has passed for certain.
        """
        organisation = self._member.organisation
        row = await self._ground.envelopes.by_id(organisation, envelope)
        state = await self._ground.records.state(organisation, envelope)
        if row is None or state is None:
            return
        if row.status != "held":
            if ended & dict(troubles_in(row)).keys():
                await self._given_again(row, ended)
            return
        never_taken = await self._ground.owed.never_taken(organisation, envelope)
        holding = holding_in(row, never_taken) - ended
        is_over = state.status in OVER
        if not is_over and holding - JUDGED_ANEW:
            return

        def release(unit: Transaction) -> None:
            # What is judged anew stays held until it was found sound.
            status = "held" if holding and not is_over else status_of(row, state)
            trouble = written(each for each in lasting_in(row) if each[0] not in ended)
            change_envelope(unit, organisation, envelope, status=status, trouble=trouble)
            self._ground.queue.enqueue(unit, [job_of(organisation, envelope, "released")])

        await self._ground.lane.write(release)

    async def _given_again(self, row: EnvelopeRow, ended: frozenset[str]) -> None:
        """What was completed, and the network had lost, is there again."""
        trouble = written(each for each in troubles_in(row) if each[0] not in ended)
        hint = "" if row.hint == LOST_THERE else row.hint
        await self._ground.lane.write(
            lambda unit: change_envelope(unit, row.organisation, row.id, trouble=trouble, hint=hint)
        )

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
            sequence=sequence_of(entry),
            author=said.author,
            party=said.party,
            counterparties=list(dict.fromkeys(others)),
        )


def _rows(before: EnvelopeState, entries: Sequence[Entry]) -> list[EntryRow]:
    return [
        EntryRow(sequence=before.sequence + number, entry=_encode(entry), hash=entry.hash)
        for number, entry in enumerate(entries, start=1)
    ]
