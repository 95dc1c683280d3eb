"""Rows of deliveries, read and written within a transaction of the lane.

Who is first is decided by one UPDATE with a condition: on any database, and with several nodes,
exactly one of those who claim at once changes the row.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Update,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from cloud_bridge.network.deliveries.model import Delivery, KeptReceipt
from cloud_bridge.network.store.moments import microseconds, moment
from cloud_bridge.network.store.schema import (
    delivery,
    delivery_copy,
    delivery_partner,
    delivery_receipt,
)

_FREE = {"state": "free", "holder": b"", "until": 0, "name": "", "contact": "", "method": ""}


def label(connection: Connection, made: Delivery, *, token: bytes) -> None:
    """Give a bearer a label; an earlier one of it no longer opens, a claim stays as it is."""
    new = {"token": token}
    changed = connection.execute(update(delivery).where(*_is(made)).values(**new))
    if not changed.rowcount:
        row = {"envelope": made.envelope, "party": made.party, "waybill": made.waybill}
        connection.execute(insert(delivery).values(**row, **new, **_FREE, number=0, copied=False))


def labelled(connection: Connection, token: bytes) -> Delivery | None:
    """The delivery whose newest label has the token."""
    row = connection.execute(select(delivery).where(delivery.c.token == token)).first()
    return None if row is None else _delivery(row)


def found(connection: Connection, envelope: str, party: str) -> Delivery | None:
    """A delivery by what it is of."""
    where = (delivery.c.envelope == envelope, delivery.c.party == party)
    row = connection.execute(select(delivery).where(*where)).first()
    return None if row is None else _delivery(row)


def let_ask(connection: Connection, of: Delivery, digits: Iterable[str]) -> None:
    """Let whoever knows the waybill and one of these digits ask how far it is."""
    row = {"waybill": of.waybill, "envelope": of.envelope, "party": of.party}
    mine = (delivery_partner.c.envelope == of.envelope, delivery_partner.c.party == of.party)
    connection.execute(delete(delivery_partner).where(*mine))
    for each in sorted(set(digits)):
        connection.execute(insert(delivery_partner).values(**row, digits=each))


def asked_by(connection: Connection, waybill: str, digits: str) -> Sequence[tuple[str, str]]:
    """Envelope and bearer of the deliveries that fit: companies may use the same number."""
    columns = delivery_partner.c
    rows = connection.execute(
        select(columns.envelope, columns.party).where(
            columns.waybill == waybill, columns.digits == digits
        )
    )
    return [(envelope, party) for envelope, party in rows]


def take(connection: Connection, claimed: Delivery, *, now: datetime) -> bool:
    """Let the claim count if nobody else holds the goods; whether it does.

    Who has it already keeps it, by the name that was told last, and is to be checked again; `until`
    begins anew.
    """
    mine = update(delivery).where(*_is(claimed), delivery.c.holder == claimed.holder)
    until = _until(claimed)
    told = {"name": claimed.name, "contact": claimed.contact}
    again = {"state": "held", "until": until, "method": "", **told}
    # A claim that was let go has no holder, so it is never "mine".
    if connection.execute(mine.where(delivery.c.state != "done").values(**again)).rowcount:
        return True
    nobody = or_(
        delivery.c.state == "free",
        delivery.c.state.in_(("held", "checked")) & (delivery.c.until <= microseconds(now)),
    )
    first = {
        **_FREE,
        "state": "held",
        "holder": claimed.holder,
        "until": until,
        **told,
        "number": delivery.c.number + 1,
    }
    taken = connection.execute(update(delivery).where(*_is(claimed), nobody).values(**first))
    return bool(taken.rowcount)


def checked(connection: Connection, claimed: Delivery) -> bool:
    """Note that the holder was checked, by `claimed.method`; False: it is not the holder."""
    values = {"state": "checked", "method": claimed.method, "contact": claimed.contact}
    changed = connection.execute(_held_by(claimed).values(**values))
    return bool(changed.rowcount)


def renew(connection: Connection, claimed: Delivery) -> bool:
    """Let a claim that was checked keep others off anew; False: it is somebody else's now."""
    mine = _held_by(claimed).where(delivery.c.state == "checked")
    return bool(connection.execute(mine.values(until=_until(claimed))).rowcount)


def let_go(connection: Connection, claimed: Delivery) -> bool:
    """Let others claim, if the claim is still this one and nothing was signed."""
    return bool(connection.execute(_held_by(claimed).values(**_FREE)).rowcount)


def finish(connection: Connection, envelope: str, party: str) -> None:
    """The bearer has signed or refused: nobody claims any more."""
    where = (delivery.c.envelope == envelope, delivery.c.party == party)
    connection.execute(update(delivery).where(*where).values(state="done"))


def keep(connection: Connection, receipt: KeptReceipt) -> KeptReceipt:
    """Make a receipt durable; of the same id, the one that was first stays and is given back."""
    known = kept(connection, receipt.id)
    if known is not None:
        return known
    row = {"id": receipt.id, "envelope": receipt.envelope, "party": receipt.party}
    body = msgspec.json.encode(receipt)
    connection.execute(
        insert(delivery_receipt).values(**row, kept=body, done=receipt.outcome is not None)
    )
    return receipt


def count_kept(connection: Connection, of: Delivery) -> int:
    """How many receipts telephones sent for a delivery."""
    columns = delivery_receipt.c
    where = (columns.envelope == of.envelope, columns.party == of.party)
    return connection.scalar(select(func.count()).select_from(delivery_receipt).where(*where)) or 0


def end(connection: Connection, receipt: KeptReceipt) -> None:
    """Write what became of a receipt."""
    values = {"kept": msgspec.json.encode(receipt), "done": True}
    where = delivery_receipt.c.id == receipt.id
    connection.execute(update(delivery_receipt).where(where).values(**values))


def kept(connection: Connection, receipt: str) -> KeptReceipt | None:
    """A receipt by its id."""
    where = delivery_receipt.c.id == receipt
    body = connection.scalar(select(delivery_receipt.c.kept).where(where))
    return None if body is None else msgspec.json.decode(body, type=KeptReceipt)


def kept_of(connection: Connection, envelope: str, party: str) -> Sequence[KeptReceipt]:
    """Every receipt that telephones sent for a delivery, as it came."""
    columns = delivery_receipt.c
    where = (columns.envelope == envelope, columns.party == party)
    bodies = connection.scalars(select(columns.kept).where(*where).order_by(columns.id))
    found = (msgspec.json.decode(body, type=KeptReceipt) for body in bodies)
    return sorted(found, key=lambda each: each.received_at)


def unfinished(connection: Connection) -> Sequence[KeptReceipt]:
    """Receipts that are durable and have not come to their end."""
    bodies = connection.scalars(
        select(delivery_receipt.c.kept).where(delivery_receipt.c.done.is_(other=False))
    )
    return [msgspec.json.decode(body, type=KeptReceipt) for body in bodies]


def uncopied(connection: Connection) -> Sequence[Delivery]:
    """Deliveries that were received and whose copies have not been told of."""
    where = (delivery.c.state == "done", delivery.c.copied.is_(other=False))
    return [_delivery(row) for row in connection.execute(select(delivery).where(*where))]


def copied(connection: Connection, of: Delivery) -> None:
    """Note that everybody who gets a copy was told."""
    connection.execute(update(delivery).where(*_is(of)).values(copied=True))


def open_copy(
    connection: Connection, of: Delivery, party: str, *, token: bytes, expires_at: datetime
) -> bool:
    """Let an address give a party its copy until a moment; False: it was sent one already."""
    columns = delivery_copy.c
    mine = (columns.envelope == of.envelope, columns.party == party)
    sent = connection.scalar(select(columns.is_sent).where(*mine))
    if sent:
        return False
    connection.execute(delete(delivery_copy).where(*mine))
    row = {"envelope": of.envelope, "party": party, "token": token, "is_sent": False}
    connection.execute(insert(delivery_copy).values(**row, expires_at=microseconds(expires_at)))
    return True


def copy_sent(connection: Connection, token: bytes) -> None:
    """Note that somebody was told of the address."""
    connection.execute(
        update(delivery_copy).where(delivery_copy.c.token == token).values(is_sent=True)
    )


def copy_at(connection: Connection, token: bytes, *, now: datetime) -> str | None:
    """The envelope whose copy an address gives; None: there is none, or no longer."""
    where = (delivery_copy.c.token == token, delivery_copy.c.expires_at > microseconds(now))
    return connection.scalar(select(delivery_copy.c.envelope).where(*where))


def _until(claimed: Delivery) -> int:
    return 0 if claimed.until is None else microseconds(claimed.until)


def _is(of: Delivery) -> tuple[ColumnElement[bool], ...]:
    return (delivery.c.envelope == of.envelope, delivery.c.party == of.party)


def _held_by(claimed: Delivery) -> Update:
    holds = (delivery.c.holder == claimed.holder, delivery.c.state.in_(("held", "checked")))
    return update(delivery).where(*_is(claimed), *holds)


def _delivery(row: Row[tuple[object, ...]]) -> Delivery:
    given = row._mapping  # noqa: SLF001 - SQLAlchemy's public name for it
    return Delivery(
        envelope=given["envelope"],
        party=given["party"],
        waybill=given["waybill"],
        state=given["state"],
        holder=bytes(given["holder"]),
        until=moment(given["until"]) if given["until"] else None,
        number=given["number"],
        name=given["name"],
        contact=given["contact"],
        method=given["method"],
    )
