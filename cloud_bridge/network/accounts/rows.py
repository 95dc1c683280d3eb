"""Rows of accounts: organisations with their cards and certificates, and persons."""

from typing import Final

from sqlalchemy import Connection, Row, bindparam, select

from cloud_bridge.model import Organisation, Person, SignedCard, Verification
from cloud_bridge.network.accounts.model import Account
from cloud_bridge.network.store import schema
from cloud_bridge.network.store.moments import microseconds, moment

_organisation, _certificate, _card = schema.organisation, schema.certificate, schema.card
_ORGANISATION: Final = select(_organisation).where(_organisation.c.id == bindparam("who"))
_FINGERPRINTS: Final = select(_certificate.c.fingerprint).where(
    _certificate.c.organisation == bindparam("who")
)
_CARD: Final = select(_card.c.card, _card.c.proof).where(
    _card.c.organisation == bindparam("who"), _card.c.serial == bindparam("number")
)


def account_in(connection: Connection, id: str) -> Account | None:  # noqa: A002 - the account's own word
    """An organisation's account as the database has it."""
    row = connection.execute(_ORGANISATION, {"who": id}).one_or_none()
    if row is None:
        return None
    fingerprints = connection.scalars(_FINGERPRINTS, {"who": id})
    return Account(
        organisation=Organisation(
            id=row.id,
            name=row.name,
            verification=_verification(row),
            card=signed_card(connection, id, row.card) if row.card else None,
        ),
        signing_key=row.signing_key,
        certificates=frozenset(fingerprints),
    )


def organisations_in(connection: Connection, name: str | None = None) -> tuple[Organisation, ...]:
    """Those of a legal name, or all, as the database has them."""
    table = schema.organisation
    question = select(table.c.id).order_by(table.c.name, table.c.id)
    if name is not None:
        question = question.where(table.c.name == name)
    found = (account_in(connection, each) for each in connection.scalars(question).all())
    return tuple(each.organisation for each in found if each is not None)


def persons_in(connection: Connection) -> tuple[Person, ...]:
    """All persons, by name, as the database has them."""
    table = schema.person
    rows = connection.execute(select(table).order_by(table.c.name, table.c.id)).all()
    return tuple(person_of(row) for row in rows)


def signed_card(connection: Connection, organisation: str, serial: int) -> SignedCard | None:
    """A card as it was published."""
    row = connection.execute(_CARD, {"who": organisation, "number": serial}).one_or_none()
    return None if row is None else SignedCard(card=row.card, proof=row.proof)


def person_of(row: Row[tuple[object, ...]]) -> Person:
    """A person as a row has it."""
    return Person(id=row.id, name=row.name, contact=row.contact, verification=_verification(row))


def verification_row(verification: Verification) -> dict[str, object]:
    """A verification as columns of its account."""
    return {
        "level": verification.level,
        "method": verification.method,
        "verified_at": microseconds(verification.at),
        "expires_at": microseconds(verification.expires_at),
    }


def _verification(row: Row[tuple[object, ...]]) -> Verification:
    return Verification(
        level=row.level,
        method=row.method,
        at=moment(row.verified_at),
        expires_at=moment(row.expires_at),
    )
