"""Rows of what the network is owed, in the order in which an envelope's must go."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import (
    Connection,
    Engine,
    bindparam,
    func,
    insert,
    literal_column,
    select,
    update,
)

from gateway.store.engines.lane import Transaction
from gateway.store.engines.moments import microseconds
from gateway.store.engines.reading import compiled, read_connection
from gateway.store.engines.statements import PlainStatement
from gateway.store.schema import envelope, envelope_owed

OwedKind = Literal["envelope", "content", "statement"]


class OwedEnvelopeRow(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is owed, see `gateway.store.schema.envelope_owed`."""

    organisation: str
    envelope: str
    ordinal: int
    kind: OwedKind
    key: str
    payload: bytes


_COLUMNS = OwedEnvelopeRow.__struct_fields__
_of_envelope = (
    envelope_owed.c.organisation == bindparam("of_organisation"),
    envelope_owed.c.envelope == bindparam("of_envelope"),
)
_is_owed = envelope_owed.c.sent_at.is_(None)
_waiting = (
    select(*(envelope_owed.c[name] for name in _COLUMNS))
    .where(*_of_envelope, _is_owed)
    .order_by(envelope_owed.c.ordinal)
)
_count = select(func.count(), func.min(envelope_owed.c.at)).where(
    envelope_owed.c.organisation == bindparam("of_organisation"), _is_owed
)
_with_owed = (
    select(envelope_owed.c.envelope)
    .where(
        envelope_owed.c.organisation == bindparam("of_organisation"),
        envelope_owed.c.envelope > bindparam("after"),
        _is_owed,
    )
    .distinct()
    .order_by(envelope_owed.c.envelope)
)
_waiting_now = PlainStatement(_waiting)
_refused = PlainStatement(
    select(envelope_owed.c.refused).where(*_of_envelope, envelope_owed.c.key == bindparam("of_key"))
)
_never_taken = (
    select(envelope_owed.c.refused)
    .where(
        *_of_envelope,
        envelope_owed.c.kind != literal_column("'statement'"),
        envelope_owed.c.refused.is_not(None),
    )
    .distinct()
)
_never_taken_now = PlainStatement(_never_taken)
_put = PlainStatement(insert(envelope_owed))
_mark_sent = PlainStatement(
    update(envelope_owed)
    .where(*_of_envelope, envelope_owed.c.ordinal == bindparam("of_ordinal"), _is_owed)
    .values(sent_at=bindparam("moment"), refused=bindparam("why"))
)
_mark_anew = PlainStatement(
    update(envelope_owed)
    .where(
        *_of_envelope,
        envelope_owed.c.key == bindparam("of_key"),
        envelope_owed.c.refused.is_not(None),
    )
    .values(refused=bindparam("why"))
)
_next = PlainStatement(
    update(envelope)
    .where(
        envelope.c.organisation == bindparam("of_organisation"),
        envelope.c.id == bindparam("of_envelope"),
    )
    .values(owed=envelope.c.owed + literal_column("1"))
    .returning(envelope.c.owed)
)


def put_owed(
    transaction: Transaction,
    organisation: str,
    envelope_id: str,
    *,
    kind: OwedKind,
    key: str,
    payload: bytes,
    at: datetime,
) -> bool:
    """Owe it, behind all that is owed in the envelope; False: it was owed before.

    The envelope's row must be there.
    """
    named = {"of_organisation": organisation, "of_envelope": envelope_id}
    connection = transaction.connection
    if _refused.first(connection, {**named, "of_key": key}) is not None:
        return False
    ((ordinal,),) = _next.rows(connection, named)
    values = {
        "organisation": organisation,
        "envelope": envelope_id,
        "ordinal": ordinal,
        "kind": kind,
        "key": key,
        "payload": payload,
        "at": microseconds(at),
    }
    _put.run(connection, values)
    return True


def is_owed(
    connection: Connection, organisation: str, envelope_id: str, key: str
) -> Literal["no", "yes", "refused"]:
    """Whether something was owed before, sent or not; `refused`: the network will never take it."""
    named = {"of_organisation": organisation, "of_envelope": envelope_id, "of_key": key}
    found = _refused.first(connection, named)
    if found is None:
        return "no"
    return "yes" if found[0] is None else "refused"


def refused_for(
    connection: Connection, organisation: str, envelope_id: str, key: str
) -> str | None:
    """The word for why something that was owed will never be there; None: it is not so."""
    named = {"of_organisation": organisation, "of_envelope": envelope_id, "of_key": key}
    found = _refused.first(connection, named)
    return None if found is None else found[0]


def never_taken(connection: Connection, organisation: str, envelope_id: str) -> frozenset[str]:
    """The words for which the envelope itself, or a content of it, will never be there."""
    named = {"of_organisation": organisation, "of_envelope": envelope_id}
    return frozenset(word for (word,) in _never_taken_now.rows(connection, named))


def mark_sent(
    transaction: Transaction, row: OwedEnvelopeRow, *, at: datetime, refused: str | None = None
) -> None:
    """The network has it; or it will never take it, and that is its word for why."""
    _mark_sent.run(
        transaction.connection,
        {
            "moment": microseconds(at),
            "why": refused,
            "of_organisation": row.organisation,
            "of_envelope": row.envelope,
            "of_ordinal": row.ordinal,
        },
    )


def mark_anew(
    transaction: Transaction, organisation: str, envelope_id: str, key: str, *, refused: str
) -> None:
    """Of what will never be there, if it is so: the word for why is another from here on."""
    _mark_anew.run(
        transaction.connection,
        {
            "why": refused,
            "of_organisation": organisation,
            "of_envelope": envelope_id,
            "of_key": key,
        },
    )


def owed_now(
    connection: Connection, organisation: str, envelope_id: str
) -> tuple[OwedEnvelopeRow, ...]:
    """What is owed in an envelope and was not sent, in its order."""
    named = {"of_organisation": organisation, "of_envelope": envelope_id}
    return tuple(map(_owed_row, _waiting_now.rows(connection, named)))


class OwedReader:
    """Reads rows on a connection that cannot write."""

    def __init__(self, engine: Engine) -> None:
        self._connection = read_connection(engine)
        self._waiting = compiled(_waiting, engine)
        self._count = compiled(_count, engine)
        self._with_owed = compiled(_with_owed, engine, limited=True)
        self._never_taken = compiled(_never_taken, engine)

    async def of_envelope(self, organisation: str, envelope_id: str) -> tuple[OwedEnvelopeRow, ...]:
        """What is owed in an envelope and was not sent, in its order."""
        rows = await self._connection.rows(self._waiting, (organisation, envelope_id))
        return tuple(map(_owed_row, rows))

    async def never_taken(self, organisation: str, envelope_id: str) -> frozenset[str]:
        """The words for which the envelope itself, or a content of it, will never be there."""
        rows = await self._connection.rows(self._never_taken, (organisation, envelope_id))
        return frozenset(word for (word,) in rows)

    async def count(self, organisation: str) -> tuple[int, int | None]:
        """How much an organisation owes, and since when, Unix µs; None: nothing."""
        rows = await self._connection.rows(self._count, (organisation,))
        return rows[0][0], rows[0][1]

    async def envelopes(self, organisation: str, *, after: str, most: int) -> tuple[str, ...]:
        """Envelopes in which something is owed, by their ids, behind one."""
        rows = await self._connection.rows(self._with_owed, (organisation, after, most))
        return tuple(row[0] for row in rows)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _owed_row(row: Sequence[Any]) -> OwedEnvelopeRow:
    return OwedEnvelopeRow(**dict(zip(_COLUMNS, row, strict=True)))
