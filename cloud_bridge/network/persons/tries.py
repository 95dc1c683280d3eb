"""Counts wrong tries, of what exists and what does not alike, and locks after too many.

An answer never tells which of these it was: unknown, wrong, or locked.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, insert, select, update

from cloud_bridge.network.store.moments import microseconds, moment
from cloud_bridge.network.store.schema import delivery_try

MOST: Final = 5
"""Wrong tries that are borne; then everything is wrong, for a while."""
LOCKED: Final = timedelta(minutes=30)
"""How long wrong tries count, from the last that did."""
_MOST_DOUBLINGS: Final = 20


@dataclass(frozen=True, slots=True)
class Waits:
    """So many wrong tries are borne; then one is heard only after a wait, which grows.

    Attributes:
        free: wrong tries that nobody waits between.
        first: the wait after these; it doubles with each further wrong try.
        longest: no wait is longer.
        lasting: how long wrong tries count, from the last.
    """

    free: int
    first: timedelta
    longest: timedelta
    lasting: timedelta

    def after(self, wrong: int) -> timedelta:
        """How long nothing is right after so many wrong tries."""
        if wrong < self.free:
            return timedelta()
        return min(self.longest, self.first * (1 << min(wrong - self.free, _MOST_DOUBLINGS)))


def wrong(connection: Connection, subject: str, *, now: datetime) -> int:
    """How many wrong tries count."""
    counted = delivery_try.c
    where = (counted.subject == _key(subject), counted.until > microseconds(now))
    return connection.scalar(select(counted.wrong).where(*where)) or 0


def locked(connection: Connection, subject: str, *, now: datetime, most: int = MOST) -> bool:
    """Whether there were too many wrong tries."""
    return wrong(connection, subject, now=now) >= most


def wait(connection: Connection, subject: str, waits: Waits, *, now: datetime) -> timedelta:
    """How long nothing is right yet, of what counts for `waits.lasting`; not above 0: it may be."""
    counted = delivery_try.c
    where = (counted.subject == _key(subject), counted.until > microseconds(now))
    row = connection.execute(select(counted.wrong, counted.until).where(*where)).one_or_none()
    if row is None:
        return timedelta()
    return moment(row.until) - waits.lasting + waits.after(row.wrong) - now


def count(
    connection: Connection,
    subject: str,
    *,
    now: datetime,
    lasting: timedelta = LOCKED,
    from_the_first: bool = False,
) -> None:
    """Count one more wrong try. Who asks `locked` first does not count then, so a lock ends.

    Args:
        connection: within its transaction.
        subject: whose tries they are.
        now: this moment.
        lasting: how long they count.
        from_the_first: wrong tries count from the first of them, and not from the last: for what
            many share, who would never come to the end of it.
    """
    counted = delivery_try.c
    connection.execute(delete(delivery_try).where(counted.until <= microseconds(now)))
    until = microseconds(now + lasting)
    mine = update(delivery_try).where(counted.subject == _key(subject))
    more = {"wrong": counted.wrong + 1} | ({} if from_the_first else {"until": until})
    if connection.execute(mine.values(more)).rowcount == 0:
        row = {"subject": _key(subject), "wrong": 1, "until": until}
        connection.execute(insert(delivery_try).values(**row))


def keep(connection: Connection, subject: str, *, now: datetime, lasting: timedelta) -> None:
    """Let the wrong tries that count go on counting, as if one more had come, and count none."""
    counted = delivery_try.c
    where = (counted.subject == _key(subject), counted.until > microseconds(now))
    until = microseconds(now + lasting)
    connection.execute(update(delivery_try).where(*where).values(until=until))


def forgive(connection: Connection, subject: str) -> None:
    """Forget wrong tries: somebody was right, or the initiator lets them try again."""
    connection.execute(delete(delivery_try).where(delivery_try.c.subject == _key(subject)))


def take_back(connection: Connection, subject: str, tries: int) -> None:
    """So many wrong tries were those of somebody who was right in the end."""
    counted = delivery_try.c
    mine = counted.subject == _key(subject)
    connection.execute(delete(delivery_try).where(mine, counted.wrong <= tries))
    connection.execute(update(delivery_try).where(mine).values(wrong=counted.wrong - tries))


def _key(subject: str) -> bytes:
    return hashlib.sha256(subject.encode()).digest()
