"""Where officers freeze, and unfreeze: a statement in, a record and a changed book out."""

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec
import structlog

from gateway.audit.log import AuditLog
from gateway.clock import Clock
from gateway.freezes import records
from gateway.freezes.book import FreezeBook, freeze_of
from gateway.freezes.errors import (
    FreezeScopeUnknownProblem,
    FreezeStatementRefusedProblem,
    FreezeUnknownProblem,
)
from gateway.freezes.model import Freeze, FreezeClaims, UnfreezeClaims
from gateway.freezes.orders import (
    FreezeOrder,
    OfficerStatement,
    claims_of,
    freeze_order,
    unfreeze_statements,
    unsigned_freeze,
)
from gateway.freezes.scopes import keys_of, mistake
from gateway.seals.in_force import InForce
from gateway.statements import StatementInvalidError
from gateway.store.engines.lane import Transaction, WriterLane
from gateway.store.engines.moments import microseconds
from gateway.store.rows.freezes import (
    FreezeRow,
    UnfreezeRow,
    end_freeze,
    freeze_row,
    put_freeze,
    put_unfreezes,
)
from policies.bundle import Bundle

_LEAST_UNFREEZES = 2

_log = structlog.get_logger("freezes")


class FreezeService:
    """Takes officers' statements. What it returns is durable and in force.

    No moment is judged: a freeze has to work while a clock is wrong, and a statement that comes
    again is the freeze that it was.

    Attributes:
        book: what is in force.
    """

    def __init__(
        self,
        *,
        book: FreezeBook,
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
    def unfreezes_wanted(self) -> int:
        """How many officers it takes to end a freeze."""
        return _unfreezes_wanted(self._in_force().bundle)

    @property
    def bundle(self) -> Bundle:
        """The policies in force."""
        return self._in_force().bundle

    @property
    def circumstances(self) -> object:
        """What it depends on whether a statement is taken; compare it with what it was."""
        return self._in_force().bundle.digest, self.book.live

    async def freeze(self, statements: Sequence[str]) -> Freeze:
        """Freeze what officers say; a freeze that is known already is found again.

        Raises:
            FreezeStatementRefusedProblem, FreezeScopeUnknownProblem: why nothing is frozen.
        """
        bundle = self._in_force().bundle
        return await self._freeze(freeze_order(statements, bundle), bundle)

    async def freeze_unsigned(self, text: str) -> Freeze:
        """Freeze what a file in the folder `freezes` says, where no officers are named.

        Raises:
            FreezeStatementRefusedProblem, FreezeScopeUnknownProblem: why nothing is frozen.
        """
        bundle = self._in_force().bundle
        return await self._freeze(unsigned_freeze(text, bundle), bundle)

    async def _freeze(self, order: FreezeOrder, bundle: Bundle) -> Freeze:
        self._check_log(order.claims)
        now = self._clock.now()
        against = mistake(order.claims.scope, bundle)
        keys = keys_of(order.claims.scope, bundle)

        def unit(transaction: Transaction) -> Freeze:
            known = freeze_row(transaction.connection, order.claims.freeze)
            if known is not None:
                return _found(transaction, known, order)
            if against is not None:
                raise FreezeScopeUnknownProblem(against)
            return self._begin(transaction, order, keys, now)

        freeze = await self._lane.write(unit)
        _log.warning("frozen", freeze=freeze.id, kind=freeze.scope.kind, ended=freeze.ended)
        return freeze

    def _begin(
        self, transaction: Transaction, order: FreezeOrder, keys: tuple[str, ...], now: datetime
    ) -> Freeze:
        index = self._audit.append(transaction, records.frozen(order, keys, at=now))
        said = order.claims
        row = FreezeRow(
            id=said.freeze,
            kind=said.scope.kind,
            name=said.scope.name,
            reason=said.reason,
            statement=order.text,
            at=microseconds(now),
            audit_index=index,
        )
        freeze = Freeze(
            id=said.freeze,
            scope=said.scope,
            reason=said.reason,
            by=tuple(each.person for each in order.statements if each.person),
            at=now,
            audit_index=index,
            keys=keys,
        )
        self.book.put(transaction, freeze)
        put_freeze(transaction.connection, row)
        return freeze

    async def unfreeze(self, statements: Sequence[str], *, freeze_id: str | None = None) -> Freeze:
        """Count officers who say that a freeze may end; with the last that is wanted, it has.

        `freeze_id`: the freeze that is meant; None: the one that they name.

        Raises:
            FreezeStatementRefusedProblem, FreezeUnknownProblem: why they do not count.
        """
        bundle = self._in_force().bundle
        said, signed = unfreeze_statements(statements, bundle)
        self._check_log(said)
        named = said.freeze
        if freeze_id is not None and named != freeze_id:
            raise FreezeStatementRefusedProblem(f"they end freeze {named}, and not {freeze_id}")
        now = self._clock.now()
        freeze = await self._lane.write(lambda unit: self._count(unit, named, signed, bundle, now))
        _log.warning("unfreeze_signed", freeze=freeze.id, by=freeze.unfreezes, ended=freeze.ended)
        return freeze

    def _check_log(self, said: FreezeClaims | UnfreezeClaims) -> None:
        if said.log != self._audit.origin:
            raise FreezeStatementRefusedProblem(
                f"it is for the gateway with the audit log {said.log!r}, and this one's is "
                f"{self._audit.origin!r}: give it there, or sign for this one (--log)"
            )

    def _count(
        self,
        transaction: Transaction,
        freeze_id: str,
        signed: Sequence[OfficerStatement],
        bundle: Bundle,
        now: datetime,
    ) -> Freeze:
        row = freeze_row(transaction.connection, freeze_id)
        if row is None:
            raise FreezeUnknownProblem(f"no freeze has the id {freeze_id!r}")
        freeze = freeze_of(transaction.connection, row)
        new = [each for each in signed if each.person not in freeze.unfreezes]
        if freeze.ended or not new:
            return freeze
        # Who is an officer no more has no say any more, whatever was said before.
        officers = () if bundle.governance is None else bundle.governance.officers
        counted = {each for each in freeze.unfreezes if each in officers} | {
            each.person for each in new
        }
        wanted = _unfreezes_wanted(bundle)
        after = msgspec.structs.replace(
            freeze,
            unfreezes=(*freeze.unfreezes, *(each.person for each in new)),
            ended=len(counted) >= wanted,
        )
        record = records.unfreeze_signed(after, new, wanted=wanted, at=now)
        index = self._audit.append(transaction, record)
        self._keep_unfreezes(transaction, after, new, index, now)
        return after

    def _keep_unfreezes(
        self,
        transaction: Transaction,
        freeze: Freeze,
        signed: Sequence[OfficerStatement],
        index: int,
        now: datetime,
    ) -> None:
        at = microseconds(now)
        rows = [
            UnfreezeRow(
                freeze=freeze.id, person=each.person, statement=each.text, at=at, audit_index=index
            )
            for each in signed
        ]
        put_unfreezes(transaction.connection, rows)
        if freeze.ended:
            self.book.remove(transaction, freeze)
            end_freeze(transaction.connection, freeze.id, at=at, audit_index=index)
        else:
            self.book.put(transaction, freeze)


def _unfreezes_wanted(bundle: Bundle) -> int:
    # Never one alone, whatever a bundle says.
    if bundle.governance is None:
        return _LEAST_UNFREEZES
    return max(_LEAST_UNFREEZES, bundle.governance.signatures.unfreeze)


def _says_the_same(said: FreezeClaims, kept: str) -> bool:
    """But for the moment, which is each officer's own."""
    try:
        before = claims_of(kept)
    except StatementInvalidError:
        return False
    return msgspec.structs.replace(said, at=before.at) == before


def _found(transaction: Transaction, known: FreezeRow, order: FreezeOrder) -> Freeze:
    if not _says_the_same(order.claims, known.statement):
        raise FreezeStatementRefusedProblem(
            f"another freeze has the id {known.id!r}: a new freeze takes a new id"
        )
    return freeze_of(transaction.connection, known)
