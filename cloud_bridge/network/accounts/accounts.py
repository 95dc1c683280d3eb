"""Who takes part: organisations with their cards and certificates, and persons. Each is there once.

What authentication asks for at every request is kept in memory for a moment, so a certificate that
is taken away stops being let in after that moment, at every node.
"""

import secrets
from collections import OrderedDict
from datetime import timedelta
from typing import Final

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from cloud_bridge.cards import counts_at
from cloud_bridge.envelopes.terms import is_line
from cloud_bridge.interfaces import Time
from cloud_bridge.model import LEVELS, Card, Organisation, Person, SignedCard, Verification
from cloud_bridge.network.accounts.model import Account
from cloud_bridge.network.accounts.rows import (
    account_in,
    organisations_in,
    person_of,
    signed_card,
    verification_row,
)
from cloud_bridge.network.interfaces import Lane
from cloud_bridge.network.problems import (
    AccountUnknownProblem,
    CardInvalidProblem,
    ConflictProblem,
    MalformedProblem,
)
from cloud_bridge.network.store import schema
from cloud_bridge.network.store.moments import microseconds
from cloud_bridge.plain_json import decode
from cloud_bridge.wire import NewPerson

_KEPT: Final = timedelta(seconds=5)
_MOST_KEPT: Final = 20_000
_LONGEST_CARD: Final = 64 * 1024
_UNVERIFIED: Final = "none"


class Accounts:
    """All accounts; implements `Persons`."""

    def __init__(self, lane: Lane, time: Time) -> None:
        self._lane = lane
        self._time = time
        self._kept: OrderedDict[str, tuple[float, Account]] = OrderedDict()
        self._cards: OrderedDict[tuple[str, int], Card] = OrderedDict()

    async def account(self, id: str, *, fresh: bool = False) -> Account | None:  # noqa: A002 - the account's own word
        """An organisation's account, at most some seconds old, or fresh; None: there is none."""
        found = None if fresh else self._kept.get(id)
        now = self._time.monotonic()
        if found is not None and now - found[0] < _KEPT.total_seconds():
            return found[1]
        account = await self._lane.read(lambda connection: account_in(connection, id))
        if account is not None:
            self._kept[id] = (now, account)
            self._kept.move_to_end(id)
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return account

    async def organisation(self, id: str) -> Organisation:  # noqa: A002 - as above
        """An organisation; AccountUnknownProblem: there is none."""
        account = await self._lane.read(lambda connection: account_in(connection, id))
        if account is None:
            raise AccountUnknownProblem(f"there is no organisation {id!r}")
        return account.organisation

    async def organisations(self, name: str) -> tuple[Organisation, ...]:
        """Those of a legal name."""
        return await self._lane.read(lambda connection: organisations_in(connection, name))

    async def add(self, account: Account, *, revoke_others: bool = True) -> None:
        """A new organisation, or what is known of it anew; its cards stay.

        Args:
            account: as it is from now on.
            revoke_others: whether client certificates that it had before stop counting.
        """

        def work(connection: Connection) -> None:
            told = account.organisation
            row = {
                "name": told.name,
                "signing_key": account.signing_key,
                **verification_row(told.verification),
            }
            changed = connection.execute(
                update(schema.organisation).where(schema.organisation.c.id == told.id).values(**row)
            )
            if not changed.rowcount:
                connection.execute(insert(schema.organisation).values(id=told.id, card=0, **row))
            table = schema.certificate
            there = set(
                connection.scalars(
                    select(table.c.fingerprint).where(table.c.organisation == told.id)
                )
            )
            if revoke_others:
                connection.execute(delete(table).where(table.c.organisation == told.id))
                there = set()
            for fingerprint in sorted(account.certificates - there):
                values = {"fingerprint": fingerprint, "organisation": told.id}
                connection.execute(insert(table).values(**values))

        await self._lane.write(work)
        self._kept.pop(account.organisation.id, None)

    async def publish(self, organisation: str, signed: SignedCard) -> None:
        """Keep an organisation's new card. From now on its key signs the requests.

        Raises:
            CardInvalidProblem: it is not the organisation's, or does not count now.
            ConflictProblem: there is one of this serial or a higher one already.
        """
        card = self._judged(organisation, signed)

        def work(connection: Connection) -> None:
            account = account_in(connection, organisation)
            if account is None:
                raise AccountUnknownProblem(f"there is no organisation {organisation!r}")
            if card.name != account.organisation.name:
                raise CardInvalidProblem(
                    f"the card says {card.name!r}, the account {account.organisation.name!r}"
                )
            _keep_card(connection, card, signed)

        await self._lane.write(work)
        self._kept.pop(organisation, None)

    async def card(self, organisation: str, serial: int) -> Card | None:
        """A card that was published; None: there is none."""
        found = self._cards.get((organisation, serial))
        if found is None:
            signed = await self._lane.read(
                lambda connection: signed_card(connection, organisation, serial)
            )
            if signed is None:
                return None
            found = msgspec.json.decode(signed.card, type=Card)
            self._cards[organisation, serial] = found
            if len(self._cards) > _MOST_KEPT:
                self._cards.popitem(last=False)
        return found

    def _judged(self, organisation: str, signed: SignedCard) -> Card:
        if len(signed.card) + len(signed.proof) > _LONGEST_CARD:
            raise CardInvalidProblem(f"card and proof are larger than {_LONGEST_CARD} bytes")
        try:
            card = decode(signed.card, Card)
        except msgspec.ValidationError as error:
            raise CardInvalidProblem(f"this is no card: {error}") from error
        if card.organisation != organisation:
            raise CardInvalidProblem(f"the card is of {card.organisation!r}")
        if not 1 <= card.serial < 1 << 31:
            raise CardInvalidProblem("the serial must be a whole number from 1 on")
        if not counts_at(card, self._time.now()):
            raise CardInvalidProblem("the card does not count now")
        return card

    async def find_or_add(self, new: NewPerson) -> Person:
        """The person of this contact and name: there already, or from now on."""
        name, contact = " ".join(new.name.split()), "".join(new.contact.split())
        are_lines = is_line(name) and is_line(contact)
        if not are_lines or not 1 <= len(name) <= 200 or not 3 <= len(contact) <= 254:  # noqa: PLR2004 - of the columns
            raise MalformedProblem("a person has a name and a telephone number or mailbox")
        table = schema.person

        def work(connection: Connection) -> Person:
            question = select(table).where(table.c.contact == contact, table.c.name == name)
            row = connection.execute(question).one_or_none()
            if row is None:
                now = microseconds(self._time.now())
                row = connection.execute(
                    insert(table)
                    .values(
                        id=f"person-{secrets.token_hex(12)}",
                        contact=contact,
                        name=name,
                        level=_UNVERIFIED,
                        method="",
                        verified_at=now,
                        expires_at=now,
                    )
                    .returning(table)
                ).one()
            return person_of(row)

        return await self._lane.write(work)

    async def person(self, id: str) -> Person | None:  # noqa: A002 - as above
        """See `Persons`."""
        question = select(schema.person).where(schema.person.c.id == id)
        row = await self._lane.read(lambda connection: connection.execute(question).one_or_none())
        return None if row is None else person_of(row)

    async def verified(self, id: str, verification: Verification) -> None:  # noqa: A002 - as above
        """See `Persons`."""
        table = schema.person

        def work(connection: Connection) -> None:
            row = connection.execute(select(table).where(table.c.id == id)).one_or_none()
            if row is None:
                raise AccountUnknownProblem(f"there is no person {id!r}")
            counts = person_of(row).verification.level_at(self._time.now())
            if LEVELS.index(counts) <= LEVELS.index(verification.level):
                row_of = verification_row(verification)
                connection.execute(update(table).where(table.c.id == id).values(**row_of))

        await self._lane.write(work)


def masked(contact: str) -> str:
    """What others than the network are told of a contact: enough to recognise it."""
    name, at, host = contact.partition("@")
    if at:
        return f"{name[:1]}***@{host}"
    return f"{contact[:3]}****{contact[-4:]}" if len(contact) > 7 else "****"  # noqa: PLR2004 - 3 and 4


def _keep_card(connection: Connection, card: Card, signed: SignedCard) -> None:
    there = signed_card(connection, card.organisation, card.serial)
    if there is not None and there.card == signed.card:
        return  # it came before, perhaps with another proof of the same
    table = schema.organisation
    newest = connection.scalar(select(table.c.card).where(table.c.id == card.organisation))
    if there is not None or (newest is not None and card.serial < newest):
        raise ConflictProblem(
            f"the card has serial {card.serial}, and the newest that was published has {newest}"
        )
    connection.execute(
        insert(schema.card).values(
            organisation=card.organisation,
            serial=card.serial,
            card=signed.card,
            proof=signed.proof,
        )
    )
    connection.execute(
        update(table)
        .where(table.c.id == card.organisation)
        .values(card=card.serial, signing_key=card.signing_key)
    )
