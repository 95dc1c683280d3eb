"""Brings links to persons: one message a turn, a reminder or a forwarding, and never a flood.

What is owed was noted with the entry (`owing`). A reminder that comes soon after a message waits;
so does every message to somebody who was sent many today.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import Connection, Row, delete, func, select, update

from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.interfaces import Time
from cloud_bridge.keys import SigningKey
from cloud_bridge.model import Language, Party, Person
from cloud_bridge.network.accounts.accounts import Accounts
from cloud_bridge.network.interfaces import EnvelopeBook, Lane
from cloud_bridge.network.persons.errors import NotSentError
from cloud_bridge.network.persons.interfaces import LinkSender
from cloud_bridge.network.persons.links import PersonLinks
from cloud_bridge.network.persons.messages import message
from cloud_bridge.network.persons.visits import accounts_of, token_from
from cloud_bridge.network.store.moments import microseconds, moment
from cloud_bridge.network.store.schema import invitation

BETWEEN: Final = timedelta(hours=1)
"""Between two messages to one person about one envelope."""
MOST, IN_SO_LONG = 20, timedelta(days=1)
"""Messages to one telephone or mailbox, whoever sends, and to whatever name."""
MOST_TRIES: Final = 6
_CLAIM: Final = timedelta(minutes=5)
_AT_ONCE: Final = 50
_DOMAIN: Final = b"sealgate link of an invitation v1\n"

_Row = Row[tuple[Any, ...]]
_log = structlog.get_logger("network.persons")


class Invitations:
    """Brings what is owed.

    Args:
        key: the network's: an invitation's link comes from it, so that it is the same when a
            message must be sent again, and the database has only its hash.
        language: of whoever's terms name none.
    """

    def __init__(
        self,
        *,
        lane: Lane,
        book: EnvelopeBook,
        accounts: Accounts,
        links: PersonLinks,
        sender: LinkSender,
        time: Time,
        key: SigningKey,
        language: Language,
    ) -> None:
        self._lane = lane
        self._book = book
        self._accounts = accounts
        self._links = links
        self._sender = sender
        self._time = time
        self._key = key
        self._language: Language = language

    async def deliver(self) -> None:
        """Bring what is due; what fails is brought later."""
        for row in await self._claim():
            state = await self._book.state(row.envelope)
            party = None if state is None else _called(state, row)
            person = None if party is None else await self._accounts.person(party.account)
            if state is None or party is None or person is None:
                await self._drop(row)
            elif (later := await self._later(row, person)) is not None:
                await self._put_off(row, later, tries=row.tries)
            else:
                await self._bring(row, state, party, person)

    async def _claim(self) -> Sequence[_Row]:
        """What is due; other nodes leave it alone for a while."""
        now = self._time.now()
        due = (
            select(invitation)
            .where(invitation.c.due_at <= microseconds(now))
            .order_by(invitation.c.due_at)
            .limit(_AT_ONCE)
        )
        if not await self._lane.read(lambda connection: connection.execute(due).all()):
            return ()

        def work(connection: Connection) -> Sequence[_Row]:
            rows = connection.execute(due.with_for_update(skip_locked=True)).all()
            mine = invitation.c.id.in_([row.id for row in rows])
            later = microseconds(now + _CLAIM)
            connection.execute(update(invitation).where(mine).values(due_at=later))
            return rows

        return await self._lane.write(work)

    async def _bring(self, row: _Row, state: EnvelopeState, party: Party, person: Person) -> None:
        token = token_from(self._key.sign(_DOMAIN + row.id.encode()))
        link = await self._links.bring(row.id, state, party, token=token)
        sender = await self._accounts.organisation(state.terms.initiator)
        told = message(
            row.cause,
            link,
            title=state.terms.title,
            sender=sender.name,
            language=party.language or self._language,
        )
        try:
            await self._sender.send_link(contact=person.contact, message=told, id=row.id)
        except NotSentError as error:
            await self._failed(row, error)
            return
        now = microseconds(self._time.now())
        await self._lane.write(lambda asked: _change(asked, row, due_at=None, sent_at=now))

    async def _failed(self, row: _Row, error: NotSentError) -> None:
        tries = row.tries + 1
        _log.error("link_not_sent", **_named(row), error=str(error), tries=tries)
        if tries >= MOST_TRIES:
            await self._drop(row)
        else:
            later = self._time.now() + timedelta(minutes=2**tries)
            await self._put_off(row, later, tries=tries)

    async def _later(self, row: _Row, person: Person) -> datetime | None:
        """When it may be sent, if not now."""
        now = self._time.now()
        table = invitation.c
        told = (table.account == row.account) & table.sent_at.is_not(None)
        here = told & (table.envelope == row.envelope) & (table.party == row.party)
        reached = table.account.in_(accounts_of(person.contact))
        recent = reached & (table.sent_at > microseconds(now - IN_SO_LONG))

        def ask(connection: Connection) -> tuple[int | None, int, int | None]:
            last = connection.scalar(select(func.max(table.sent_at)).where(here))
            count, first = connection.execute(
                select(func.count(), func.min(table.sent_at)).where(recent)
            ).one()
            return last, count, first

        last, count, first = await self._lane.read(ask)
        if count >= MOST and first is not None:
            return moment(first) + IN_SO_LONG
        if last is not None and now < moment(last) + BETWEEN:
            return moment(last) + BETWEEN
        return None

    async def _put_off(self, row: _Row, later: datetime, *, tries: int) -> None:
        due = microseconds(later)
        await self._lane.write(lambda asked: _change(asked, row, due_at=due, tries=tries))

    async def _drop(self, row: _Row) -> None:
        """Nobody is to be called any more, or nobody takes it: the sender can still ask."""
        _log.info("link_not_brought", **_named(row))
        gone = delete(invitation).where(invitation.c.id == row.id)
        await self._lane.write(lambda connection: connection.execute(gone))


def _called(state: EnvelopeState, row: _Row) -> Party | None:
    """The party, if it is still the one who is to be called."""
    each = state.party(row.party)
    if each is None or state.status != "signing" or each.party.account != row.account:
        return None
    waits = {"its-turn", "opened"} if row.cause == "reminder" else {"its-turn"}
    return each.party if each.state in waits else None


def _change(connection: Connection, row: _Row, **values: int | None) -> None:
    connection.execute(update(invitation).where(invitation.c.id == row.id).values(**values))


def _named(row: _Row) -> dict[str, str]:
    return {"envelope": row.envelope, "party": row.party, "cause": row.cause}
