"""Rows of events, and how deliveries stand: read on a connection that cannot write."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Engine, bindparam, func, select

from gateway.returns.model import EventType
from gateway.store.engines.lane import Transaction
from gateway.store.engines.moments import microseconds, moment
from gateway.store.engines.reading import compiled, read_connection
from gateway.store.engines.statements import RowStatement
from gateway.store.engines.upserts import upsert
from gateway.store.schema import delivery, event


class KeptEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event as it is kept; `data` is JSON."""

    sequence: int
    id: str
    type: EventType
    system: str
    subject: str
    document_type: str | None
    source: str
    at: datetime
    data: bytes


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How it stands with one delivery that was tried.

    Attributes:
        event: which event.
        target: to whom.
        state: `delivered`, `failing` or `given-up`.
        tries: how often it was tried.
        at: when last.
        answer: what the target said then.
    """

    event: str
    target: str
    state: str
    tries: int
    at: datetime
    answer: str


_EVENT: Final = KeptEvent.__struct_fields__
_STANDING: Final = Standing.__struct_fields__
_event = select(*(event.c[name] for name in _EVENT))
_by_id = _event.where(event.c.id == bindparam("event_id"))
_after = _event.where(
    event.c.system == bindparam("of"), event.c.sequence > bindparam("after_this")
).order_by(event.c.sequence)
_of_event = select(*(delivery.c[name] for name in _STANDING)).where(
    delivery.c.event == bindparam("event_id")
)
_count = select(func.count()).where(
    delivery.c.target == bindparam("to"), delivery.c.state == bindparam("which")
)
_new = upsert(delivery)
_put_standing = RowStatement(
    _new.on_conflict_do_update(
        index_elements=[delivery.c.event, delivery.c.target],
        set_={name: _new.excluded[name] for name in ("state", "tries", "at", "answer")},
    ),
    *_STANDING,
    key=2,
)


def put_standing(transaction: Transaction, standing: Standing) -> None:
    """Write down how it stands with a delivery."""
    transaction.later(
        _put_standing,
        (
            standing.event,
            standing.target,
            standing.state,
            standing.tries,
            microseconds(standing.at),
            standing.answer,
        ),
    )


class EventReader:
    """Reads events and deliveries on a connection that cannot write."""

    def __init__(self, engine: Engine) -> None:
        self._connection = read_connection(engine)
        self._by_id = compiled(_by_id, engine)
        self._after = compiled(_after, engine, limited=True)
        self._of_event = compiled(_of_event, engine)
        self._count = compiled(_count, engine)

    async def by_id(self, event_id: str) -> KeptEvent | None:
        """The event of that id, while it is kept."""
        rows = await self._connection.rows(self._by_id, (event_id,))
        return _kept_event(rows[0]) if rows else None

    async def after(self, system: str, sequence: int, *, most: int) -> tuple[KeptEvent, ...]:
        """A system's events behind a number, in order."""
        rows = await self._connection.rows(self._after, (system, sequence, most))
        return tuple(map(_kept_event, rows))

    async def standings(self, event_id: str) -> tuple[Standing, ...]:
        """How it stands with each delivery of an event that was tried."""
        return tuple(map(_standing, await self._connection.rows(self._of_event, (event_id,))))

    async def count(self, target: str, state: str) -> int:
        """How many deliveries to a target are `failing` or `given-up`."""
        return int((await self._connection.rows(self._count, (target, state)))[0][0])

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _kept_event(row: Sequence[Any]) -> KeptEvent:
    values = dict(zip(_EVENT, row, strict=True))
    return KeptEvent(**{**values, "at": moment(values["at"])})


def _standing(row: Sequence[Any]) -> Standing:
    values = dict(zip(_STANDING, row, strict=True))
    return Standing(**{**values, "at": moment(values["at"])})
