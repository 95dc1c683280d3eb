"""The freezes in force, in memory, exact for every unit of work that comes after one."""

import msgspec
import structlog
from sqlalchemy import Connection

from gateway.audit.record import read_leaf
from gateway.freezes.model import Freeze, Scope
from gateway.freezes.orders import claims_of
from gateway.freezes.records import keys_in, officers_of
from gateway.freezes.scopes import covers
from gateway.statements import StatementInvalidError
from gateway.store.engines.lane import Transaction
from gateway.store.engines.moments import moment
from gateway.store.rows.freezes import FreezeRow, leaf_of, live_freezes, unfreeze_rows
from policies.bundle import Bundle
from policies.model import SealRequest

_Live = dict[str, Freeze]

_log = structlog.get_logger("freezes")


class FreezeBook:
    """All freezes that have not ended.

    It changes on the writer lane's thread, in one assignment, once the change is durable; whoever
    looks from the event loop sees the one state or the other. A unit of work sees what the units
    before it in its transaction have changed, so the log has an exact cut: after a freeze follows
    nothing that it stops.
    """

    def __init__(self) -> None:
        self._live: _Live = {}

    @property
    def live(self) -> tuple[Freeze, ...]:
        """In the order in which they came."""
        return tuple(self._live.values())

    def load(self, connection: Connection) -> None:
        """Know again what was frozen before a start."""
        self._live = {row.id: freeze_of(connection, row) for row in live_freezes(connection)}

    def follow(self, transaction: Transaction) -> None:
        """See `store.engines.lane.Follower`: other nodes may have frozen, or ended a freeze."""
        rows = live_freezes(transaction.connection)
        if rows or self._live:
            self._live = {row.id: freeze_of(transaction.connection, row) for row in rows}

    def against(self, asked: SealRequest, bundle: Bundle) -> Freeze | None:
        """The first freeze, of those that are durable, that stops the request."""
        return _first(self._live, asked, bundle)

    def against_in(
        self, transaction: Transaction, asked: SealRequest, bundle: Bundle
    ) -> Freeze | None:
        """The same within a unit of work, with what was frozen and unfrozen before it."""
        return _first(self._seen(transaction), asked, bundle)

    def live_in(self, transaction: Transaction) -> tuple[Freeze, ...]:
        """All of them within a unit of work, with what was frozen and unfrozen before it."""
        return tuple(self._seen(transaction).values())

    def put(self, transaction: Transaction, freeze: Freeze) -> None:
        """A freeze is in force, or another officer has said that it may end."""
        self._change(transaction, {**self._seen(transaction), freeze.id: freeze})

    def remove(self, transaction: Transaction, freeze: Freeze) -> None:
        """A freeze has ended."""
        live = self._seen(transaction)
        self._change(transaction, {key: live[key] for key in live if key != freeze.id})

    def _seen(self, transaction: Transaction) -> _Live:
        found: _Live | None = transaction.state.get(self)
        return self._live if found is None else found

    def _change(self, transaction: Transaction, live: _Live) -> None:
        transaction.state[self] = live
        transaction.after_commit(self._take, live)

    def _take(self, states: list[_Live]) -> None:
        self._live = states[-1]


def freeze_of(connection: Connection, row: FreezeRow) -> Freeze:
    """A freeze as it stands in the database."""
    leaf = leaf_of(connection, row.audit_index)
    record = {} if leaf is None else read_leaf(leaf)
    return Freeze(
        id=row.id,
        scope=_scope_of(row),
        reason=row.reason,
        by=officers_of(record),
        at=moment(row.at),
        audit_index=row.audit_index,
        keys=keys_in(record),
        unfreezes=tuple(unfreeze.person for unfreeze in unfreeze_rows(connection, row.id)),
        ended=row.ended_at is not None,
    )


def _scope_of(row: FreezeRow) -> Scope:
    """What was signed; of a statement that cannot be read, what the columns beside it say.

    The gateway starts with such a row, and freezes rather more than less: everything, where the
    columns cannot be understood either.
    """
    try:
        return claims_of(row.statement).scope
    except StatementInvalidError as error:
        _log.error(
            "freeze_unreadable",
            freeze=row.id,
            why=str(error),
            cure="It holds for what its row says. Run `sealgate audit verify`.",
        )
    try:
        return msgspec.convert({"kind": row.kind, "name": row.name}, Scope)
    except msgspec.ValidationError:
        return Scope(kind="gateway")


def _first(live: _Live, asked: SealRequest, bundle: Bundle) -> Freeze | None:
    for freeze in live.values():
        if covers(freeze, asked, bundle):
            return freeze
    return None
