"""Rows of what is known of a network: how we stand with it, cards that were believed, egress."""

from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, bindparam, delete, func, insert, select, update

from gateway.store.engines.lane import Transaction
from gateway.store.engines.moments import microseconds
from gateway.store.engines.reading import compiled, read_connection
from gateway.store.engines.statements import PlainStatement, RowStatement
from gateway.store.schema import egress, network_card, network_standing


class StandingRow(msgspec.Struct, frozen=True, kw_only=True):
    """How we stand with it, see `gateway.store.schema.network_standing`; moments in Unix µs."""

    organisation: str
    network: str = ""
    cursor: str = ""
    away_since: int | None = None
    why: str = ""
    reconciled_at: int | None = None
    reconciliation: bytes = b""


class EgressRow(msgspec.Struct, frozen=True, kw_only=True):
    """Something that left, see `gateway.store.schema.egress`; `at` in Unix µs."""

    organisation: str
    network: str
    at: int
    kind: str
    envelope: str
    digest: bytes
    size: int


_EGRESS_COLUMNS = EgressRow.__struct_fields__
_put_egress = RowStatement(insert(egress), *_EGRESS_COLUMNS)
_left = (
    select(egress.c.id, *(egress.c[name] for name in _EGRESS_COLUMNS))
    .where(egress.c.id > bindparam("after"))
    .order_by(egress.c.id)
)
_forget_egress = delete(egress).where(
    egress.c.id.in_(
        select(egress.c.id)
        .where(egress.c.at < bindparam("before"))
        .order_by(egress.c.at)
        .limit(bindparam("most"))
    )
)
_STANDING_COLUMNS = StandingRow.__struct_fields__
_standing = select(*(network_standing.c[name] for name in _STANDING_COLUMNS)).order_by(
    network_standing.c.organisation
)
_standing_of = _standing.where(network_standing.c.organisation == bindparam("of_organisation"))
_cards = select(network_card.c.organisation, network_card.c.serial, network_card.c.card).order_by(
    network_card.c.organisation, network_card.c.serial
)
_newest = select(func.max(network_card.c.serial)).where(
    network_card.c.organisation == bindparam("of_organisation")
)
_card = select(network_card.c.card).where(
    network_card.c.organisation == bindparam("of_organisation"),
    network_card.c.serial == bindparam("of_serial"),
)


def change_standing(
    transaction: Transaction,
    organisation: str,
    **changes: Any,  # noqa: ANN401 - columns
) -> None:
    """Write these columns anew; the row comes into being with the first of them."""
    connection = transaction.connection
    told = {f"new_{name}": value for name, value in changes.items()}
    statement = _change_standing(tuple(changes))
    if not statement.run(connection, {"of_organisation": organisation, **told}):
        row = StandingRow(organisation=organisation, **changes)
        connection.execute(insert(network_standing).values(msgspec.structs.asdict(row)))


@lru_cache(maxsize=16)  # to write a statement takes longer than to run it
def _change_standing(names: tuple[str, ...]) -> PlainStatement:
    mine = network_standing.c.organisation == bindparam("of_organisation")
    new: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    return PlainStatement(update(network_standing).where(mine).values(new))


def forget_comparisons(transaction: Transaction) -> None:
    """Let no comparison count any more: the database was put back since."""
    transaction.connection.execute(update(network_standing).values(reconciled_at=None))


def standings(connection: Connection) -> tuple[StandingRow, ...]:
    """How each of our organisations stands with the network."""
    rows = connection.execute(_standing).all()
    return tuple(StandingRow(**dict(zip(_STANDING_COLUMNS, row, strict=True))) for row in rows)


def put_card(
    transaction: Transaction, organisation: str, serial: int, card: bytes, *, at: datetime
) -> None:
    """Believe a card from now on; whoever calls has seen that it may be believed."""
    transaction.connection.execute(
        insert(network_card).values(
            organisation=organisation, serial=serial, card=card, first_seen=microseconds(at)
        )
    )


def newest_serial(connection: Connection, organisation: str) -> int | None:
    """The highest serial of an organisation's cards that are believed."""
    found: int | None = connection.execute(_newest, {"of_organisation": organisation}).scalar()
    return found


def card_of(connection: Connection, organisation: str, serial: int) -> bytes | None:
    """A card that is believed, as it was put."""
    named = {"of_organisation": organisation, "of_serial": serial}
    found: bytes | None = connection.execute(_card, named).scalar_one_or_none()
    return found


def put_egress(transaction: Transaction, row: EgressRow) -> None:
    """Write, with the commit, that something leaves."""
    transaction.later(_put_egress, msgspec.structs.astuple(row))


def forget_some_egress(transaction: Transaction, *, before: int, most: int) -> int:
    """Delete some rows of what left before a moment (Unix µs), the oldest; gives how many."""
    named = {"before": before, "most": most}
    result: Any = transaction.connection.execute(_forget_egress, named)
    return int(result.rowcount)


def last_left(
    connection: Connection, *, envelope: str | None, since: int | None, most: int
) -> tuple[EgressRow, ...]:
    """What left last, the newest first; of one envelope, and from a moment (Unix µs) on."""
    query = select(*(egress.c[name] for name in _EGRESS_COLUMNS)).order_by(egress.c.id.desc())
    if envelope is not None:
        query = query.where(egress.c.envelope == envelope)
    if since is not None:
        query = query.where(egress.c.at >= since)
    rows = connection.execute(query.limit(most)).all()
    return tuple(EgressRow(**dict(zip(_EGRESS_COLUMNS, row, strict=True))) for row in rows)


class NetworkReader:
    """Reads rows on a connection that cannot write."""

    def __init__(self, engine: Engine) -> None:
        self._connection = read_connection(engine)
        self._standing = compiled(_standing_of, engine)
        self._cards = compiled(_cards, engine)
        self._left = compiled(_left, engine, limited=True)

    async def standing(self, organisation: str) -> StandingRow:
        """How one of our organisations stands with the network."""
        rows = await self._connection.rows(self._standing, (organisation,))
        if not rows:
            return StandingRow(organisation=organisation)
        return StandingRow(**dict(zip(_STANDING_COLUMNS, rows[0], strict=True)))

    async def cards(self) -> tuple[tuple[str, int, bytes], ...]:
        """Every card that is believed: organisation, serial, and the card as it was put."""
        return tuple(
            (row[0], row[1], row[2]) for row in await self._connection.rows(self._cards, ())
        )

    async def left(self, *, after: int, most: int) -> tuple[tuple[int, EgressRow], ...]:
        """What left the house, behind a row of the ledger, with the numbers of the rows."""
        rows = await self._connection.rows(self._left, (after, most))
        return tuple(
            (row[0], EgressRow(**dict(zip(_EGRESS_COLUMNS, row[1:], strict=True)))) for row in rows
        )

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
