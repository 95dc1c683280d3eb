"""Rows of links and visits: what is written in one transaction is together here."""

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, delete, select, update

from cloud_bridge.network.accounts.contacts import spellings
from cloud_bridge.network.persons.model import Visit
from cloud_bridge.network.store.moments import microseconds, moment
from cloud_bridge.network.store.schema import code_sent, invitation, link, person, visit

_KEPT = timedelta(days=30)


def hashed(secret: str) -> str:
    """What the database has of a secret of 32 random bytes."""
    return hashlib.sha256(secret.encode()).hexdigest()


def token_from(secret: bytes) -> str:
    """What stands in a link's address, made from something that only the network knows."""
    digest = hashlib.sha256(secret).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def visit_of(connection: Connection, secret: str, *, at: datetime) -> Visit | None:
    """The visit of a cookie; None: there is none, or its time is over."""
    row = (
        connection.execute(
            select(visit)
            .join(link, link.c.token == visit.c.link)
            .where(
                visit.c.secret == hashed(secret),
                link.c.ended_at.is_(None),
                visit.c.expires_at > microseconds(at),
            )
        )
        .mappings()
        .first()
    )
    return None if row is None else _visit(row, secret)


def accounts_of(contact: str) -> Select[tuple[str]]:
    """Every account that one telephone or mailbox reaches, whatever it is called there."""
    return select(person.c.id).where(person.c.contact.in_(spellings(contact)))


def change(connection: Connection, secret: str, **values: Any) -> None:  # noqa: ANN401 - columns
    """Write columns of a visit."""
    connection.execute(update(visit).where(visit.c.secret == hashed(secret)).values(**values))


def _visit(row: Mapping[Any, Any], secret: str) -> Visit:
    def when(name: str) -> datetime | None:
        return None if row[name] is None else moment(row[name])

    return Visit(
        secret=secret,
        envelope=row["envelope"],
        party=row["party"],
        account=row["account"],
        opened_at=moment(row["opened_at"]),
        expires_at=moment(row["expires_at"]),
        method=row["method"],
        checked_at=when("checked_at"),
        code_expires_at=when("code_expires_at"),
        reading_at=when("reading_at"),
        read_at=when("read_at"),
    )


def forget(connection: Connection, *, at: datetime) -> None:
    """Delete what is over for so long that nobody asks for it, the log excepted."""
    before = microseconds(at - _KEPT)
    connection.execute(delete(code_sent).where(code_sent.c.at < before))
    connection.execute(delete(invitation).where(invitation.c.sent_at < before))
    connection.execute(delete(visit).where(visit.c.expires_at < before))
    connection.execute(delete(link).where(link.c.expires_at < before))
