"""Links: 32 random bytes in an address, opened once, by one browser."""

import secrets
from datetime import datetime, timedelta
from typing import Literal

import structlog
from sqlalchemy import Connection, insert, or_, select, update

from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.interfaces import Time
from cloud_bridge.model import Party, Terms
from cloud_bridge.network.interfaces import EnvelopeBook, Lane
from cloud_bridge.network.persons.errors import LinkError, LinkReason
from cloud_bridge.network.persons.model import Visit
from cloud_bridge.network.persons.visits import change, forget, hashed, visit_of
from cloud_bridge.network.problems import EnvelopeUnknownProblem
from cloud_bridge.network.store.moments import microseconds, moment
from cloud_bridge.network.store.schema import invitation, link, visit
from cloud_bridge.wire import PersonLink

LINK_LIVES = timedelta(days=7)
VISIT_LIVES = timedelta(hours=12)
CHECK_LIVES = timedelta(hours=12)
"""How long a check of the same account in the same browser is not repeated for another link."""

_log = structlog.get_logger("network.persons")


class PersonLinks:
    """Implements `Links` for persons, and opens what it made.

    Args:
        lane: the rows.
        book: until when an envelope can be signed, and by which account.
        time: says when a link's time is over.
        url: what links begin with, such as `https://sign.example`; may be known late.
    """

    def __init__(self, lane: Lane, book: EnvelopeBook, time: Time, *, url: str = "") -> None:
        self._lane = lane
        self._book = book
        self._time = time
        self.url = url

    async def link(self, envelope: str, party: str) -> PersonLink:
        """See `Links.link`: the party's earlier links, and what was opened by them, end."""
        state = await self._book.state(envelope)
        each = None if state is None else state.party(party)
        if state is None or each is None:
            raise EnvelopeUnknownProblem(f"envelope {envelope} has no party {party}")
        token = secrets.token_urlsafe(32)
        now = self._time.now()
        expires_at = min(now + LINK_LIVES, state.terms.expires_at)

        def made(connection: Connection) -> None:
            connection.execute(
                update(link)
                .where(
                    link.c.envelope == envelope, link.c.party == party, link.c.ended_at.is_(None)
                )
                .values(ended_at=microseconds(now))
            )
            _insert(connection, token, envelope, each.party, at=now, expires_at=expires_at)

        await self._lane.write(made)
        return PersonLink(url=f"{self.url}/s/{token}", expires_at=expires_at)

    async def bring(
        self,
        invitation_id: str,
        state: EnvelopeState,
        party: Party,
        *,
        token: str,
    ) -> PersonLink:
        """The link of an invitation, made the first time that it is asked for.

        Links that were brought before and that nobody opened end; what was opened goes on, and so
        does a link that the sender asked for. Those of whoever forwarded end.
        """
        envelope, now = state.terms.envelope, self._time.now()
        expires_at = min(now + LINK_LIVES, state.terms.expires_at)
        brought = select(invitation.c.link).where(
            invitation.c.envelope == envelope, invitation.c.party == party.id
        )

        def made(connection: Connection) -> datetime:
            known = connection.scalar(
                select(link.c.expires_at).where(link.c.token == hashed(token))
            )
            if known is not None:
                return moment(known)
            connection.execute(
                update(link)
                .where(
                    link.c.envelope == envelope, link.c.party == party.id, link.c.ended_at.is_(None)
                )
                .where(
                    or_(
                        link.c.account != party.account,
                        link.c.opened_at.is_(None) & link.c.token.in_(brought),
                    )
                )
                .values(ended_at=microseconds(now))
            )
            _insert(connection, token, envelope, party, at=now, expires_at=expires_at)
            connection.execute(
                update(invitation)
                .where(invitation.c.id == invitation_id)
                .values(link=hashed(token))
            )
            return expires_at

        until = await self._lane.write(made)
        return PersonLink(url=f"{self.url}/s/{token}", expires_at=until)

    async def look(self, token: str) -> LinkReason | Literal["fresh"]:
        """What opening would find; nothing changes: previews of messengers look, too."""
        now = self._time.now()
        return await self._lane.read(lambda connection: _look(connection, token, now))

    async def terms(self, token: str) -> Terms | None:
        """What a link is about; None: there is none."""

        def envelope_of(connection: Connection) -> str | None:
            query = select(link.c.envelope).where(link.c.token == hashed(token))
            found: str | None = connection.execute(query).scalar()
            return found

        envelope = await self._lane.read(envelope_of)
        state = None if envelope is None else await self._book.state(envelope)
        return None if state is None else state.terms

    async def open(self, token: str, *, cookie: str | None) -> Visit:
        """Open a link: the first time, or again in the browser that opened it.

        Args:
            token: what stands in the address.
            cookie: the secret of a visit that the browser has.

        Raises:
            LinkError: it does not open.
        """
        now = self._time.now()
        secret = secrets.token_urlsafe(32)

        def opened(connection: Connection) -> Visit | LinkReason:
            before = None if cookie is None else visit_of(connection, cookie, at=now)
            found = _look(connection, token, now)
            if found == "used" and before is not None and _is_of(connection, before, token):
                return before
            if found != "fresh":
                return found
            row = connection.execute(select(link).where(link.c.token == hashed(token))).one()
            connection.execute(
                update(link)
                .where(link.c.token == hashed(token))
                .values(opened_at=microseconds(now))
            )
            # The browser has shown minutes ago that it belongs to this account: once is enough.
            known = (
                before is not None
                and before.account == row.account
                and before.checked_at is not None
                and now < before.checked_at + CHECK_LIVES
            )
            expires_at = min(now + VISIT_LIVES, moment(row.expires_at) + VISIT_LIVES)
            connection.execute(
                insert(visit).values(
                    secret=hashed(secret),
                    link=row.token,
                    envelope=row.envelope,
                    party=row.party,
                    account=row.account,
                    opened_at=microseconds(now),
                    expires_at=microseconds(expires_at),
                    method=before.method if before is not None and known else "",
                    checked_at=microseconds(before.checked_at)
                    if before is not None and before.checked_at is not None and known
                    else None,
                    tries=0,
                    code="",
                    code_tries=0,
                )
            )
            fresh = visit_of(connection, secret, at=now)
            return fresh if fresh is not None else "expired"

        result = await self._lane.write(opened)
        if isinstance(result, Visit):
            return result
        self.refused(token, result)
        raise LinkError(f"the link does not open: {result}", reason=result)

    async def forget(self) -> None:
        """Delete what is long over."""
        now = self._time.now()
        await self._lane.write(lambda connection: forget(connection, at=now))

    def refused(self, token: str, reason: str) -> None:
        """Log that a link was not opened; of the link, not what opens it."""
        _log.warning("link_refused", reason=reason, link=hashed(token)[:16])

    async def visit(self, cookie: str) -> Visit | None:
        """The visit of a browser's cookie; None: there is none any more."""
        now = self._time.now()
        return await self._lane.read(lambda connection: visit_of(connection, cookie, at=now))

    async def begin_reading(self, visit: Visit) -> datetime:
        """The documents are shown: since when they have been, by our clock."""
        now = self._time.now()

        def begun(connection: Connection) -> datetime:
            found = visit_of(connection, visit.secret, at=now)
            if found is not None and found.reading_at is not None:
                return found.reading_at
            change(connection, visit.secret, reading_at=microseconds(now))
            return now

        return await self._lane.write(begun)

    async def has_read(self, visit: Visit, *, at: datetime) -> None:
        """The person says that it has read what there was at a moment.

        Whether for long enough, and whether that was shown, the caller has looked.
        """
        now = microseconds(at)
        await self._lane.write(lambda connection: change(connection, visit.secret, read_at=now))


def _insert(
    connection: Connection,
    token: str,
    envelope: str,
    party: Party,
    *,
    at: datetime,
    expires_at: datetime,
) -> None:
    connection.execute(
        insert(link).values(
            token=hashed(token),
            envelope=envelope,
            party=party.id,
            account=party.account,
            made_at=microseconds(at),
            expires_at=microseconds(expires_at),
        )
    )


def _look(connection: Connection, token: str, now: datetime) -> LinkReason | Literal["fresh"]:
    row = connection.execute(select(link).where(link.c.token == hashed(token))).first()
    if row is None:
        return "unknown"
    if row.ended_at is not None:
        return "replaced"
    if row.opened_at is not None:
        return "used"
    return "fresh" if microseconds(now) < row.expires_at else "expired"


def _is_of(connection: Connection, before: Visit, token: str) -> bool:
    found = connection.execute(
        select(visit.c.link).where(visit.c.secret == hashed(before.secret))
    ).scalar_one()
    return bool(found == hashed(token))
