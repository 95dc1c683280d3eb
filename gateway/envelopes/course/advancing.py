"""What is done for a job of the kind `envelope`: an envelope goes as far as it can, step by step.

The steps are numbered in `_go` and `_advance`, and each may be repeated: what it needs is in the
database and in the record, and what it gives is durable before the next begins. So a gateway that
was killed at any point goes on where the rows say that it was.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from weakref import WeakValueDictionary

from cloud_bridge.envelopes.chain import Entry
from cloud_bridge.envelopes.model import OVER
from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.errors import NetworkAwayError, NetworkLiesError, NetworkRefusedError
from cloud_bridge.model import Party
from gateway.documents.errors import WorkersUnavailableProblem
from gateway.envelopes.carriage.carrying import Bridge, Bridges
from gateway.envelopes.carriage.errors import BridgeAwayProblem, CardMissingProblem
from gateway.envelopes.causes import meant_by
from gateway.envelopes.course.ending import Ending
from gateway.envelopes.course.sealing import Turn
from gateway.envelopes.course.turning import LOOKED_AT, OurTurn, Paused
from gateway.envelopes.course.unsent import waits_for
from gateway.envelopes.course.verifying import Verifying
from gateway.envelopes.errors import NoRuleForInboundProblem, RevisionProblem
from gateway.envelopes.ground import Ground
from gateway.envelopes.keeping.troubles import JUDGED_ANEW, LONGEST, blocking_in
from gateway.errors import Problem
from gateway.jobs.errors import LeaseLostProblem
from gateway.jobs.model import ClaimedJob
from gateway.jobs.outcomes import Away, Done, Later, Outcome, Reason
from gateway.signing.errors import ClockOffProblem, SignerUnavailableProblem
from gateway.store.engines.lane import Transaction
from gateway.store.errors import StoreProblem
from gateway.store.rows.envelopes import EnvelopeRow, change_envelope

_AWAY: Final = (
    BridgeAwayProblem,
    CardMissingProblem,
    ClockOffProblem,
    SignerUnavailableProblem,
    StoreProblem,
    WorkersUnavailableProblem,
)
"""What no envelope can go on without: the others are not even tried then."""

_Change = Callable[[Transaction], None]

Reached = Callable[[str], None]
"""Told each step before it is taken; tests let a gateway die there."""


def unwatched(_step: str) -> None:
    """Where nobody wants to know."""


@dataclass(frozen=True, slots=True)
class _Seen:
    row: EnvelopeRow
    state: EnvelopeState
    entries: tuple[Entry, ...]


class Advancing:
    """Does jobs of the kind `envelope`; implements `gateway.jobs.interfaces.JobHandler`."""

    def __init__(
        self,
        *,
        bridges: Bridges,
        ground: Ground,
        verifying: Verifying,
        turning: OurTurn,
        ending: Ending,
        reached: Reached = unwatched,
    ) -> None:
        """Join them.

        Args:
            bridges: of our companies.
            ground: what all of it stands on.
            verifying: believes what others send.
            turning: signs, declines, or waits.
            ending: acknowledges and tells of ends.
            reached: see `Reached`.
        """
        self._bridges = bridges
        self._ground = ground
        self._verifying = verifying
        self._turning = turning
        self._ending = ending
        self._reached = reached
        self._locks: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def work(self, job: ClaimedJob) -> Outcome:
        """See `JobHandler`: the envelope goes as far as it can, alone among its jobs."""
        organisation, envelope = meant_by(job)
        bridge = self._bridges.by_organisation.get(organisation)
        if bridge is None:
            words = f"organisation {organisation} is not under bridge.companies any more"
            return Later(reason=Reason(type="company-not-on-network", detail=words))
        async with self._locks.setdefault((organisation, envelope), asyncio.Lock()):
            found = await self._outcome(bridge, envelope)
            if found is not None and not isinstance(found, Paused):
                return found
            change = None if found is None else await self._change(bridge, envelope, found)
            await self._finish(job, change)
        return Done()

    async def _finish(self, job: ClaimedJob, change: _Change | None) -> None:
        """End the job, and tell what is waited for, in one transaction."""

        def unit(transaction: Transaction) -> None:
            self._ground.queue.finish(transaction, job.lease)
            if change is not None:
                change(transaction)

        try:
            await self._ground.lane.write(unit)
        except LeaseLostProblem:
            if change is not None:
                await self._ground.lane.write(change)

    async def _outcome(self, bridge: Bridge, envelope: str) -> Outcome | Paused | None:
        """What is to be done with the job; else it is done, and to be finished.

        `Paused` says what is waited for then.
        """
        try:
            return await self._go(bridge, envelope)
        except NetworkAwayError as away:
            return Away(reason=Reason(type="network-away", detail=str(away)))
        except _AWAY as problem:
            return Away(reason=Reason.of(problem))
        except Problem as problem:
            words = f"{problem.title}: {problem.detail}"
            await self._tell(bridge, envelope, Paused("look-at-it", words))
            return Later(reason=Reason.of(problem), after=_after(problem))

    def buried(self, transaction: Transaction, job: ClaimedJob, reason: Reason) -> None:
        """See `JobHandler`: nothing is lost, the next cause takes it up; a person looks at it."""
        organisation, envelope = meant_by(job)
        change_envelope(
            transaction, organisation, envelope, step="look-at-it", hint=reason.detail[:LONGEST]
        )

    async def _go(self, bridge: Bridge, envelope: str) -> Outcome | Paused | None:
        # Step 1: what is owed goes out, in its order; what it became is in our record then.
        self._reached("send")
        await bridge.outbox.send(envelope)
        if not bridge.is_compared(envelope):
            # What was signed since a backup that was put back is not signed a second time.
            await bridge.inbox.fetch(envelope)
        while True:
            paused = await self._advance(bridge, envelope)
            # Step 5: what that made us owe need not wait for the next cause; what it became may
            # let us go on at once, and is no cause of its own.
            self._reached("send-again")
            went_on = await self._sent_more(bridge, envelope)
            if not went_on or (paused is not None and paused.outcome is not None):
                break
        paused = paused or await waits_for(self._ground, bridge, envelope)
        if paused is None or paused.outcome is None:
            return paused
        await self._tell(bridge, envelope, paused)
        return paused.outcome

    @staticmethod
    async def _sent_more(bridge: Bridge, envelope: str) -> bool:
        """Send what is owed; gives whether the record has become longer by it."""
        before = await bridge.state(envelope)
        await bridge.outbox.send(envelope)
        after = await bridge.state(envelope)
        return after is not None and (before is None or before.sequence < after.sequence)

    async def _advance(self, bridge: Bridge, envelope: str) -> Paused | None:
        seen = await self._seen(bridge, envelope)
        if seen is None:
            return None
        # Step 2: take what is new: fetched, decrypted, verified, and only then kept.
        self._reached("verify")
        lacking = await self._verified(bridge, seen)
        if isinstance(lacking, Paused):
            if seen.state.status not in OVER:
                return lacking
            lacking = ()
        # Step 3: where it has ended, look at all of it once more, acknowledge, tell.
        if seen.state.status != "signing":
            self._reached("end")
            return await self._ended(bridge, seen, lacking)
        if lacking:
            return _bring(lacking)
        # Step 4: our turn: take the pen where others share it, and sign or decline.
        self._reached("turn")
        found = await self._turning.party(bridge, seen.state)
        if not isinstance(found, Party):
            return found or Paused("wait-for-others", "")
        turn = Turn(
            member=bridge.member,
            row=seen.row,
            state=seen.state,
            entries=seen.entries,
            party=found,
        )
        return await self._turning.take(bridge, turn, self._reached)

    async def _seen(self, bridge: Bridge, envelope: str) -> _Seen | None:
        """All that is known of it; None: it is held, taken back, or nothing has happened yet."""
        organisation = bridge.member.organisation
        row = await self._ground.envelopes.by_id(organisation, envelope)
        state = await bridge.state(envelope)
        if row is None or state is None or state.status == "draft":
            return None
        if row.status == "withdrawn" and state.status == "signing":
            await self._ending.withdraw(bridge, row, state)
            return None
        entries = await self._ground.records.entries(organisation, envelope)
        seen = _Seen(row, state, entries[: state.sequence])
        return await self._judged_anew(bridge, seen) if row.status == "held" else seen

    async def _judged_anew(self, bridge: Bridge, seen: _Seen) -> _Seen | None:
        """What was held for want of a root, once one is trusted; None: it stays held."""
        never_taken = await self._ground.owed.never_taken(seen.row.organisation, seen.row.id)
        if blocking_in(seen.row, never_taken) - JUDGED_ANEW:
            return None
        try:
            lacking = await self._verifying.take_all(bridge.member, seen.state, seen.entries)
        except (RevisionProblem, NetworkLiesError, NetworkRefusedError):
            return None
        if lacking:
            return None
        await self._ending.release(bridge, seen.row, seen.state)
        row = await self._ground.envelopes.by_id(seen.row.organisation, seen.row.id)
        if row is None or row.status == "held":
            return None
        return _Seen(row, seen.state, seen.entries)

    async def _verified(self, bridge: Bridge, seen: _Seen) -> tuple[str, ...] | Paused:
        """What somebody must bring; or why it goes no further."""
        try:
            return await self._verifying.take_all(bridge.member, seen.state, seen.entries)
        except (RevisionProblem, NetworkLiesError) as bad:
            await self._ending.hold(bridge, seen.row, bad)
            return Paused("look-at-it", str(bad))
        except NetworkRefusedError as refused:
            reason = Reason(type=f"refused-{refused.type}", detail=str(refused))
            words = f"The network gives no content: {refused}"
            return Paused("look-at-it", words, Later(reason=reason, after=LOOKED_AT))

    async def _ended(self, bridge: Bridge, seen: _Seen, lacking: tuple[str, ...]) -> Paused | None:
        if lacking and seen.state.status == "completed":
            return replace(_bring(lacking), status="completed")
        await self._ending.end(bridge, seen.row, seen.state, seen.entries)
        return None

    async def _tell(self, bridge: Bridge, envelope: str, paused: Paused) -> None:
        change = await self._change(bridge, envelope, paused)
        if change is not None:
            await self._ground.lane.write(change)

    async def _change(self, bridge: Bridge, envelope: str, paused: Paused) -> _Change | None:
        """What writes down that something is waited for; None: that is known."""
        organisation, hint = bridge.member.organisation, paused.hint[:LONGEST]
        row = await self._ground.envelopes.by_id(organisation, envelope)
        if row is None or row.status == "held":
            return None
        status = paused.status or row.status
        if (row.step, row.hint, row.status) == (paused.step, hint, status):
            return None
        now = self._ground.clock.now()
        changes = {"status": status, "step": paused.step, "hint": hint, "changed_at": now}
        return lambda unit: change_envelope(unit, organisation, envelope, **changes)


def _bring(documents: tuple[str, ...]) -> Paused:
    words = f"Attach {', '.join(documents)} as the partner has sent it."
    return Paused("wait-for-content", words)


def _after(problem: Problem) -> timedelta | None:
    if isinstance(problem, NoRuleForInboundProblem):
        return LOOKED_AT
    return None if problem.retry_after_seconds is not None else LOOKED_AT
