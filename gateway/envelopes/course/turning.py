"""Our turn in an envelope: the pen where others share it, then the seal, or a word why not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from cloud_bridge.envelopes.state import PEN, EnvelopeState, may_sign
from cloud_bridge.envelopes.statements import (
    Began,
    Declined,
    Opened,
    Signed,
    SignedStatement,
    parse,
)
from cloud_bridge.model import Party
from gateway.envelopes.carriage.carrying import Bridge
from gateway.envelopes.carriage.owed import ends_it, owe
from gateway.envelopes.carriage.speaking import say
from gateway.envelopes.course.sealing import (
    Sealed,
    Turn,
    TurnSealing,
    reason_to_decline,
)
from gateway.envelopes.ground import Ground
from gateway.envelopes.keeping.noting import noted
from gateway.envelopes.keeping.troubles import LONGEST
from gateway.envelopes.model import Step
from gateway.errors import Problem
from gateway.jobs.outcomes import Later, Outcome, Reason
from gateway.signing.errors import ApprovalNeededProblem
from gateway.store.engines.lane import Transaction
from gateway.store.rows.envelope_contents import ContentRow, put_content
from gateway.store.rows.envelope_owed import is_owed
from gateway.store.rows.envelopes import change_envelope

LOOKED_AT: Final = timedelta(minutes=5)
"""After so long an envelope is looked at again that nobody tells of."""


@dataclass(frozen=True, slots=True)
class Paused:
    """Nothing is to be done now: what is waited for, and when to look again; None: when told.

    `status`: what the envelope is from here on; empty: as it was.
    """

    step: Step
    hint: str
    outcome: Outcome | None = None
    status: str = ""


class OurTurn:
    """Signs for a company of ours, or declines, once it is its turn."""

    def __init__(self, *, ground: Ground, sealing: TurnSealing) -> None:
        self._ground = ground
        self._sealing = sealing

    async def party(self, bridge: Bridge, state: EnvelopeState) -> Party | Paused | None:
        """Which of its parties the company signs for now; None: it is the turn of others."""
        ours = [each for each in state.parties_of(bridge.member.organisation) if each.missing]
        now = self._ground.clock.now()
        allowed = may_sign(state, at=now)
        for each in ours:
            if each.party.id in allowed:
                return each.party
        waiting = [each for each in ours if each.has_its_turn]
        if waiting and now >= state.terms.expires_at:
            return _over_here(state, now)
        if not waiting or state.pen is None:
            return None
        after = max(state.pen.at + PEN - now, timedelta(seconds=1))
        words = f"{state.pen.party} is signing; we go on after it"
        return Paused(
            "wait-for-others",
            words,
            Later(reason=Reason(type="others-pen", detail=words), after=after),
        )

    async def take(
        self, bridge: Bridge, turn: Turn, reached: Callable[[str], None]
    ) -> Paused | None:
        """Sign, or decline; None: one of both is owed.

        Raises:
            ClockOffProblem: our clock was put ahead since the network agreed with it.
            Problem: it may be otherwise later, and does not depend on the document.
        """
        paused = await self._pen(bridge, turn)
        if paused is not None:
            return paused
        async with bridge.deciding(turn.row.id):
            if await self._is_ended(bridge, turn):
                return None
            reached("seal")
            bridge.agreement.refuse_jumped()
            try:
                sealed = await self._sealing.seal(turn)
            except ApprovalNeededProblem as problem:
                return await self._wait(bridge, turn, problem)
            except Problem as problem:
                reason = reason_to_decline(problem)
                if reason is None:
                    raise
                reached("decline")
                await self._decline(bridge, turn, reason, problem)
                return None
            reached("state")
            await self._state(bridge, turn, sealed)
        return None

    async def _is_ended(self, bridge: Bridge, turn: Turn) -> bool:
        """Whether somebody here has withdrawn or declined it since it was looked at, or it is over.

        Whoever asked for that was told so; what is owed of it goes out next, and is a cause anew.
        """
        organisation, envelope = bridge.member.organisation, turn.row.id
        if any(map(ends_it, await self._ground.owed.of_envelope(organisation, envelope))):
            return True
        state = await bridge.state(envelope)
        return state is None or state.status != "signing"

    async def _pen(self, bridge: Bridge, turn: Turn) -> Paused | None:
        """Take the pen where somebody else could sign now as well."""
        state, party = turn.state, turn.party
        others = [each for each in state.parties if each.has_its_turn and each.party.id != party.id]
        now = self._ground.clock.now()
        has_it = state.pen is not None and state.pen.party == party.id and now < state.pen.at + PEN
        if not others or has_it:
            return None
        await self._owe(bridge, turn, Began(), about=state.head)
        return Paused("wait-for-network", "We ask the network whether we may sign now.")

    async def _wait(self, bridge: Bridge, turn: Turn, problem: ApprovalNeededProblem) -> Paused:
        each = turn.state.party(turn.party.id)
        if each is not None and each.state == "its-turn":
            await self._owe(bridge, turn, Opened())
        ids = ", ".join(filter(None, problem.approvals))
        words = f"People are to approve: {ids}" if ids else problem.detail
        return Paused("wait-for-approval", words, Later(reason=Reason.of(problem)))

    async def _decline(self, bridge: Bridge, turn: Turn, reason: str, problem: Problem) -> None:
        """Say no in a word; what the policies say stays here."""
        record = noted(
            "declined",
            turn.member,
            turn.row.id,
            at=self._ground.clock.now(),
            reason=reason,
            problem=problem.type,
            rules=[rule for rule, _ in problem.reasons],
        )
        why = "".join(f"; rule {rule}: {message}" for rule, message in problem.reasons)
        words = f"We have declined: {problem.title}: {problem.detail}{why}"

        def besides(unit: Transaction) -> None:
            self._ground.audit.append(unit, record)
            self._change(unit, turn, step="wait-for-network", hint=words[:LONGEST])

        await self._owe(bridge, turn, Declined(reason=reason), besides=besides)

    async def _state(self, bridge: Bridge, turn: Turn, sealed: tuple[Sealed, ...]) -> None:
        """Owe the revisions, and the word that we have signed."""
        bases = ",".join(each.revision.base for each in sealed)
        act = Signed(revisions=tuple(each.revision for each in sealed))
        record = noted(
            "signed",
            turn.member,
            turn.row.id,
            at=self._ground.clock.now(),
            documents=[each.row.id for each in sealed],
            digests=[each.revision.digest for each in sealed],
        )

        def besides(unit: Transaction) -> None:
            for each in sealed:
                self._keep(unit, turn, each)
            self._ground.audit.append(unit, record)
            self._change(unit, turn, step="wait-for-network", hint="")

        contents = [each.revision.digest for each in sealed]
        await self._owe(bridge, turn, act, about=bases, contents=contents, besides=besides)

    def _keep(self, unit: Transaction, turn: Turn, each: Sealed) -> None:
        """The revision lies where the signing cycle has kept it."""
        if each.row.location is None:
            raise ValueError("what was sealed has no place in the archive")
        row = ContentRow(
            organisation=turn.member.organisation,
            envelope=turn.row.id,
            digest=each.revision.digest,
            document=each.revision.document,
            size=each.revision.size,
            segment=each.row.location.segment,
            segment_offset=each.row.location.offset,
        )
        put_content(unit, row, at=self._ground.clock.now())

    def _change(self, unit: Transaction, turn: Turn, *, step: Step, hint: str) -> None:
        change_envelope(
            unit,
            turn.member.organisation,
            turn.row.id,
            step=step,
            hint=hint,
            changed_at=self._ground.clock.now(),
        )

    async def _owe(
        self,
        bridge: Bridge,
        turn: Turn,
        act: Began | Declined | Opened | Signed,
        *,
        about: str = "",
        contents: Sequence[str] = (),
        besides: Callable[[Transaction], None] = lambda _unit: None,
    ) -> None:
        """Owe it once; what becomes true with it is written the first time only.

        Where the network has refused it, it is said again once more has happened.
        """
        organisation, envelope, now = (
            bridge.member.organisation,
            turn.row.id,
            self._ground.clock.now(),
        )

        def unit(statement: SignedStatement, transaction: Transaction) -> bool:
            known = is_owed(transaction.connection, organisation, envelope, parse(statement).id)
            if known == "no":
                owe(transaction, organisation, envelope, *contents, statement, at=now)
                besides(transaction)
            return known != "refused"

        for each in (about, f"{about}/{turn.state.head}"):
            statement = say(bridge, turn.state, act, party=turn.party.id, about=each)
            if await self._ground.lane.write(partial(unit, statement)):
                return


def _over_here(state: EnvelopeState, now: datetime) -> Paused:
    """Only the network ends an envelope whose time is over: the clock that is ahead may be ours."""
    words = (
        f"Its time is over at {state.terms.expires_at:%Y-%m-%d %H:%M:%S} UTC, and it is "
        f"{now:%Y-%m-%d %H:%M:%S} UTC by this machine's clock: we sign no more, and the network "
        "has not ended it. If this stays so, have IT compare the clock with the true time"
    )
    reason = Reason(type="time-over-here", detail=words)
    return Paused("wait-for-network", words, Later(reason=reason, after=LOOKED_AT))
