"""Rows of what is known of a network: the cursor of its feed, cards that were believed, egress."""

from datetime import datetime

import msgspec
from sqlalchemy import Connection, Engine, bindparam, func, insert, select, update

from gateway.store.lane import Transaction
from gateway.store.moments import microseconds
from gateway.store.reading import compiled, read_connection
from gateway.store.schema import egress, network_card, network_cursor
from gateway.store.statements import RowStatement


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
_cursor = select(network_cursor.c.cursor).where(
    network_cursor.c.organisation == bindparam("of_organisation")
)
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


def keep_network_cursor(transaction: Transaction, organisation: str, cursor: str) -> None:
    """The feed was taken in up to here."""
    mine = network_cursor.c.organisation == organisation
    changed = transaction.connection.execute(
        update(network_cursor).where(mine).values(cursor=cursor)
    )
    if not changed.rowcount:
        transaction.connection.execute(
            insert(network_cursor).values(organisation=organisation, cursor=cursor)
        )


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


class NetworkReader:
    """Reads rows on a connection that cannot write."""

    def __init__(self, engine: Engine) -> None:
        self._connection = read_connection(engine)
        self._cursor = compiled(_cursor, engine)
        self._cards = compiled(_cards, engine)
        self._left = compiled(_left, engine, limited=True)

    async def cursor(self, organisation: str) -> str:
        """Up to where an organisation's feed was taken in; empty: nothing of it."""
        rows = await self._connection.rows(self._cursor, (organisation,))
        return rows[0][0] if rows else ""

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
