"""How an envelope ends here: looked at once more, acknowledged, recorded, told; or held."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from cloud_bridge.envelopes.chain import Entry
from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.envelopes.statements import Acknowledged, Voided, Withdrawn, parse
from cloud_bridge.errors import NetworkError, NetworkLiesError, NetworkRefusedError
from gateway.approvals.interfaces import Closes
from gateway.audit.record import Record
from gateway.envelopes.carriage.carrying import Bridge
from gateway.envelopes.carriage.owed import owe
from gateway.envelopes.carriage.speaking import say
from gateway.envelopes.course.ends import TAKEN_BACK, ended_at, waiting_no_more, was_told
from gateway.envelopes.errors import RevisionProblem
from gateway.envelopes.ground import Ground, Member
from gateway.envelopes.keeping.contents import Contents
from gateway.envelopes.keeping.holding import Troubles
from gateway.envelopes.keeping.noting import event_of, noted
from gateway.envelopes.keeping.standing import status_of
from gateway.envelopes.keeping.troubles import (
    JUDGED_ANEW,
    LONGEST,
    Trouble,
    holding_now,
    lasting_in,
    trouble_of,
    troubles_in,
    written,
)
from gateway.envelopes.keeping.versions import fault_in
from gateway.signing.digests import beside_the_loop
from gateway.store.engines.lane import Transaction
from gateway.store.rows.envelope_owed import is_owed, mark_anew, mark_sent, owed_now
from gateway.store.rows.envelopes import EnvelopeRow, change_envelope, envelope_by_id

_LONGEST_ID = 100
_UNSENT = frozenset({"sending", "held"})
_UNSENT_WORDS = "It was withdrawn before it was sent:"
_UNKNOWN_WORDS = (
    "It was withdrawn while the network did not say whether it has it: nothing more of it goes "
    "out, and what had arrived is withdrawn there."
)


class Ending:
    """Brings envelopes of our companies to their end."""

    def __init__(self, *, ground: Ground, contents: Contents, closing: Closes) -> None:
        """Join them.

        Args:
            ground: what all of it stands on.
            contents: of documents.
            closing: closes what people were asked for an envelope that has ended.
        """
        self._ground = ground
        self._closing = closing
        self._contents = contents

    async def end(
        self, bridge: Bridge, row: EnvelopeRow, state: EnvelopeState, entries: Sequence[Entry]
    ) -> None:
        """Acknowledge and record it, again where more was said since; tell of it once.

        What others have signed was verified when it came; here it is seen that what is kept is what
        the record tells of, from the first byte to the last.

        Args:
            bridge: of the company that is to know it.
            row: the envelope's.
            state: with the end.
            entries: from the first to the newest of that state.

        Raises:
            StoreProblem: a document is gone, or not what was kept.
            CardMissingProblem: the company has no card to speak by.
        """
        member, now = bridge.member, self._ground.clock.now()
        if state.acknowledged.get(member.organisation, 0) >= state.substance:
            return
        if state.status == "completed":
            for name in state.current:
                fault = await self._fault_of(bridge, state, name)
                if fault is not None:
                    await self._hold(bridge, row, Trouble("document", fault))
                    return
        if state.status == "voided" and (why := await self._why_not_void(bridge, row, state)):
            await self._hold(bridge, row, Trouble("not-allowed", why))
            return
        act = Acknowledged(sequence=state.sequence, head=state.head)
        statement = say(bridge, state, act, about=f"{state.substance}")
        # By which we have said so of this end before, where more was said since, such as a copy.
        before = [
            parse(say(bridge, state, act, about=f"{each}")).id
            for each in range(ended_at(entries), state.substance)
        ]
        # Why we have declined is told at home for good.
        ours = [each.state for each in state.parties_of(member.organisation)]
        hint = row.hint if "declined" in ours else ""

        def unit(transaction: Transaction) -> None:
            known = is_owed(
                transaction.connection, member.organisation, row.id, parse(statement).id
            )
            if known != "no":
                if row.status == "signing":  # it was held after that, and is released
                    change_envelope(transaction, member.organisation, row.id, status=state.status)
                return
            owe(transaction, member.organisation, row.id, statement, at=now)
            ended = waiting_no_more(transaction.connection, row, state.status)
            self._closing.close(transaction, ended, at=now)
            change_envelope(
                transaction,
                member.organisation,
                row.id,
                status=state.status,
                step="nothing",
                hint=hint,
                changed_at=now,
            )
            record = noted(
                "ended",
                member,
                row.id,
                at=now,
                status=state.status,
                sequence=state.sequence,
                head=state.head,
                digests=sorted(state.current.values()),
            )
            self._ground.audit.append(transaction, record)
            if not was_told(transaction.connection, row, state, before):
                self._tell(transaction, member, state, status=state.status, at=now)

        await self._ground.lane.write(unit)

    async def release(self, bridge: Bridge, row: EnvelopeRow, state: EnvelopeState) -> None:
        """What held an envelope has passed: it goes on, unless more was found since."""
        member, now = bridge.member, self._ground.clock.now()
        changes = {"step": "nothing", "hint": "", "changed_at": now}

        def unit(transaction: Transaction) -> None:
            known = envelope_by_id(transaction.connection, member.organisation, row.id)
            if known is None or holding_now(transaction.connection, known) - JUDGED_ANEW:
                return
            left = [each for each in lasting_in(known) if each[0] not in JUDGED_ANEW]
            passed = [type_ for type_, _ in troubles_in(known) if type_ not in dict(left)]
            record = noted("released", member, row.id, at=now, troubles=passed)
            self._ground.audit.append(transaction, record)
            trouble = written(left)
            status = status_of(known, state)
            change_envelope(
                transaction, member.organisation, row.id, status=status, trouble=trouble, **changes
            )

        await self._ground.lane.write(unit)

    async def take_back(
        self, bridge: Bridge, row: EnvelopeRow, state: EnvelopeState, *, reason: str, asked: Record
    ) -> bool:
        """End an envelope here that has not left; False: the network has it, and so have we now.

        Nothing of it goes out meanwhile. That it has not left is for the network to say, whose
        answer we may have missed. Where it does not say, the envelope ends here all the same, or
        it would go out as soon as the network answers; had it arrived, it is withdrawn there once
        its record comes (`withdraw`).

        Args:
            bridge: of the company that wanted to send it.
            row: the envelope's.
            state: before its first entry.
            reason: why.
            asked: the record of who wants it.
        """
        member, now = bridge.member, self._ground.clock.now()
        ended = noted(
            "ended",
            member,
            row.id,
            at=now,
            status="withdrawn",
            sequence=0,
            head="",
            digests=sorted(state.current.values()),
        )
        troubles = Troubles(member, self._ground, bridge.tally)

        def unit(words: str, transaction: Transaction) -> bool:
            known = envelope_by_id(transaction.connection, row.organisation, row.id)
            if known is None or known.sequence or known.status not in _UNSENT:
                return known is not None and known.status == "withdrawn"
            for each in owed_now(transaction.connection, row.organisation, row.id):
                mark_sent(transaction, each, at=now, refused=TAKEN_BACK)
            # The network may have refused it before, and an earlier request still be on its way.
            mark_anew(transaction, row.organisation, row.id, "envelope", refused=TAKEN_BACK)
            hint = f"{words} {reason}"[:LONGEST]
            changes = {"status": "withdrawn", "step": "nothing", "hint": hint, "changed_at": now}
            change_envelope(transaction, row.organisation, row.id, **changes)
            troubles.end_passing(transaction, row.id)
            for record in (asked, ended):
                self._ground.audit.append(transaction, record)
            self._tell(transaction, member, state, status="withdrawn", at=now)
            return True

        async with bridge.outbox.alone(row.id):
            words = _UNSENT_WORDS
            try:
                if await _has(bridge, row.id):
                    await bridge.inbox.fetch(row.id)
                    return False
            except NetworkError:
                words = _UNKNOWN_WORDS
            return await self._ground.lane.write(partial(unit, words))

    async def withdraw(self, bridge: Bridge, row: EnvelopeRow, state: EnvelopeState) -> None:
        """Withdraw there what was taken back here, and came to the network all the same, late.

        Raises:
            CardMissingProblem: the company has no card to speak by.
        """
        statement = say(bridge, state, Withdrawn(reason=row.hint))
        now = self._ground.clock.now()
        await self._ground.lane.write(
            lambda unit: owe(unit, row.organisation, row.id, statement, at=now)
        )

    async def _why_not_void(self, bridge: Bridge, row: EnvelopeRow, state: EnvelopeState) -> str:
        """Why what we signed is not void, whatever the network says; empty: it is.

        Whoever only got a copy takes no part in the cancellation agreement, and has the network's
        word for it.

        Raises:
            NetworkAwayError: the agreement could not be fetched.
        """
        signed = _companies_that_signed(state)
        if row.organisation not in signed:
            return ""
        entries = await self._ground.records.entries(row.organisation, row.id)
        acts = [parse(each.signed).act for each in entries]
        by = next((each.by for each in reversed(acts) if isinstance(each, Voided)), "")
        agreement = await bridge.state(by)
        if agreement is None or agreement.status == "signing":
            await bridge.inbox.fetch(by)
            agreement = await bridge.state(by)
        if (
            agreement is not None
            and agreement.status in {"completed", "voided"}
            and agreement.terms.voids == row.id
            and signed <= _companies_that_signed(agreement)
        ):
            return ""
        return (
            f"the network says that it is void by envelope {by[:_LONGEST_ID]}, which is no "
            "cancellation agreement that all who signed have signed: it counts as before"
        )

    async def hold(
        self, bridge: Bridge, row: EnvelopeRow, bad: RevisionProblem | NetworkLiesError
    ) -> None:
        """Sign nothing more in it: somebody has told what is not so."""
        if isinstance(bad, NetworkLiesError):
            trouble = trouble_of(bad)
        else:
            trouble = Trouble(bad.type, f"{bad.title}: {bad.detail}"[:LONGEST])
        await self._hold(bridge, row, trouble)

    async def _hold(self, bridge: Bridge, row: EnvelopeRow, trouble: Trouble) -> None:
        await Troubles(bridge.member, self._ground, bridge.tally).tell(row.id, trouble)

    def _tell(
        self,
        unit: Transaction,
        member: Member,
        state: EnvelopeState,
        *,
        status: str,
        at: datetime,
    ) -> None:
        """Tell of it with the troubles that the unit of work has left with the envelope."""
        row = envelope_by_id(unit.connection, member.organisation, state.terms.envelope)
        if row is not None:
            self._ground.events.put(unit, event_of(member, row, state, status=status, at=at))

    async def _fault_of(self, bridge: Bridge, state: EnvelopeState, name: str) -> str | None:
        content = await self._contents.of_digest(
            bridge.member.organisation, state.terms.envelope, state.current[name]
        )
        return await beside_the_loop(len(content), partial(fault_in, state, name, content))


async def _has(bridge: Bridge, envelope: str) -> bool:
    """Whether the network has an envelope of ours."""
    try:
        await bridge.network.envelope(envelope)
    except NetworkRefusedError as refused:
        if refused.type != "envelope-unknown":
            raise
        return False
    return True


def _companies_that_signed(state: EnvelopeState) -> frozenset[str]:
    return frozenset(
        each.party.account
        for each in state.parties
        if each.state == "signed" and each.party.kind == "organisation"
    )
