"""Where officers freeze, and lift: a statement in, a record and a changed book out."""

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec
import structlog

from gateway.audit.log import AuditLog
from gateway.clock import Clock
from gateway.seals.in_force import InForce
from gateway.stops import records
from gateway.stops.book import StopBook, microseconds, stop_of
from gateway.stops.errors import (
    StopScopeUnknownProblem,
    StopStatementRefusedProblem,
    StopUnknownProblem,
)
from gateway.stops.model import Stop
from gateway.stops.orders import (
    FreezeOrder,
    Voice,
    claims_of,
    freeze_order,
    lift_voices,
    unsigned_freeze,
)
from gateway.stops.scopes import mistake
from gateway.store.lane import Transaction, WriterLane
from gateway.store.stops import LiftRow, StopRow, end_stop, put_lifts, put_stop, stop_row
from policies.bundle import Bundle

_LEAST_LIFTS = 2

_log = structlog.get_logger("stops")


class StopRoom:
    """Takes officers' statements. What it returns is durable and in force.

    No moment is judged: a freeze has to work while a clock is wrong, and a statement that comes
    again is the freeze that it was.

    Attributes:
        book: what is in force.
    """

    def __init__(
        self,
        *,
        book: StopBook,
        lane: WriterLane,
        audit: AuditLog,
        in_force: Callable[[], InForce],
        clock: Clock,
    ) -> None:
        self.book = book
        self._lane = lane
        self._audit = audit
        self._in_force = in_force
        self._clock = clock

    @property
    def lifts_wanted(self) -> int:
        """How many officers it takes to lift a freeze."""
        return _lifts_wanted(self._in_force().bundle)

    @property
    def bundle(self) -> Bundle:
        """The policies in force."""
        return self._in_force().bundle

    @property
    def circumstances(self) -> object:
        """What it depends on whether a statement is taken; compare it with what it was."""
        return self._in_force().bundle.digest, self.book.live

    async def freeze(self, statements: Sequence[str]) -> Stop:
        """Freeze what officers say; a freeze that is known already is found again.

        Raises:
            StopStatementRefusedProblem, StopScopeUnknownProblem: why nothing is frozen.
        """
        bundle = self._in_force().bundle
        return await self._freeze(freeze_order(statements, bundle), bundle)

    async def freeze_unsigned(self, text: str) -> Stop:
        """Freeze what a file in the policy directory says, where no officers are named.

        Raises:
            StopStatementRefusedProblem, StopScopeUnknownProblem: why nothing is frozen.
        """
        bundle = self._in_force().bundle
        return await self._freeze(unsigned_freeze(text, bundle), bundle)

    async def _freeze(self, order: FreezeOrder, bundle: Bundle) -> Stop:
        if order.claims.log != self._audit.origin:
            raise StopStatementRefusedProblem(
                f"it is for the gateway with the audit log {order.claims.log!r}, and this one's is "
                f"{self._audit.origin!r}: freeze there, or sign for this one (--log)"
            )
        now = self._clock.now()
        against = mistake(order.claims.scope, bundle)

        def unit(transaction: Transaction) -> Stop:
            known = stop_row(transaction.connection, order.claims.stop)
            if known is not None:
                return _found(transaction, known, order)
            if against is not None:
                raise StopScopeUnknownProblem(against)
            return self._begin(transaction, order, now)

        stop = await self._lane.write(unit)
        _log.warning("frozen", stop=stop.id, kind=stop.scope.kind, lifted=stop.lifted)
        return stop

    def _begin(self, transaction: Transaction, order: FreezeOrder, now: datetime) -> Stop:
        index = self._audit.append(transaction, records.frozen(order, at=now))
        said = order.claims
        row = StopRow(
            id=said.stop,
            kind=said.scope.kind,
            name=said.scope.name,
            reason=said.reason,
            statement=order.text,
            at=microseconds(now),
            audit_index=index,
        )
        stop = Stop(
            id=said.stop,
            scope=said.scope,
            reason=said.reason,
            by=tuple(voice.person for voice in order.voices if voice.person),
            at=now,
            audit_index=index,
        )
        self.book.put(transaction, stop)
        put_stop(transaction.connection, row)
        return stop

    async def lift(self, statements: Sequence[str], *, stop_id: str | None = None) -> Stop:
        """Count officers who say that a freeze may end; with the last that is wanted, it has.

        `stop_id`: the freeze that is meant; None: the one that they name.

        Raises:
            StopStatementRefusedProblem, StopUnknownProblem: why they do not count.
        """
        bundle = self._in_force().bundle
        named, voices = lift_voices(statements, bundle)
        if stop_id is not None and named != stop_id:
            raise StopStatementRefusedProblem(f"they lift freeze {named}, and not {stop_id}")
        now = self._clock.now()
        stop = await self._lane.write(lambda unit: self._count(unit, named, voices, bundle, now))
        _log.warning("lift_signed", stop=stop.id, by=stop.lifts, lifted=stop.lifted)
        return stop

    def _count(
        self,
        transaction: Transaction,
        stop_id: str,
        voices: Sequence[Voice],
        bundle: Bundle,
        now: datetime,
    ) -> Stop:
        row = stop_row(transaction.connection, stop_id)
        if row is None:
            raise StopUnknownProblem(f"no freeze has the id {stop_id!r}")
        stop = stop_of(transaction.connection, row)
        new = [voice for voice in voices if voice.person not in stop.lifts]
        if stop.lifted or not new:
            return stop
        # Who is an officer no more has no say any more, whatever was said before.
        officers = () if bundle.governance is None else bundle.governance.officers
        counted = {each for each in stop.lifts if each in officers} | {each.person for each in new}
        wanted = _lifts_wanted(bundle)
        after = msgspec.structs.replace(
            stop,
            lifts=(*stop.lifts, *(each.person for each in new)),
            lifted=len(counted) >= wanted,
        )
        record = records.lift_signed(after, new, wanted=wanted, at=now)
        index = self._audit.append(transaction, record)
        self._keep_lifts(transaction, after, new, index, now)
        return after

    def _keep_lifts(
        self,
        transaction: Transaction,
        stop: Stop,
        voices: Sequence[Voice],
        index: int,
        now: datetime,
    ) -> None:
        at = microseconds(now)
        rows = [
            LiftRow(stop=stop.id, person=each.person, statement=each.text, at=at, audit_index=index)
            for each in voices
        ]
        put_lifts(transaction.connection, rows)
        if stop.lifted:
            self.book.remove(transaction, stop)
            end_stop(transaction.connection, stop.id, at=at, audit_index=index)
        else:
            self.book.put(transaction, stop)


def _lifts_wanted(bundle: Bundle) -> int:
    # Never one alone, whatever a bundle says.
    governance = bundle.governance
    return max(_LEAST_LIFTS, _LEAST_LIFTS if governance is None else governance.signatures.unfreeze)


def _found(transaction: Transaction, known: StopRow, order: FreezeOrder) -> Stop:
    said = msgspec.structs.replace(order.claims, at=claims_of(known.statement).at)
    if said != claims_of(known.statement):
        raise StopStatementRefusedProblem(
            f"another freeze has the id {known.id!r}: a new freeze takes a new id"
        )
    return stop_of(transaction.connection, known)
