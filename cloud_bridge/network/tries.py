"""Counts wrong tries, of what exists and what does not alike, and locks after too many.

An answer never tells which of these it was: unknown, wrong, or locked.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, insert, select, update

from cloud_bridge.network.store.moments import microseconds
from cloud_bridge.network.store.schema import delivery_try

MOST: Final = 5
"""Wrong tries that are borne; then everything is wrong, for a while."""
LOCKED: Final = timedelta(minutes=30)
"""How long wrong tries count, from the last that did."""


def locked(connection: Connection, subject: str, *, now: datetime, most: int = MOST) -> bool:
    """Whether there were too many wrong tries."""
    counted = delivery_try.c
    where = (counted.subject == _key(subject), counted.until > microseconds(now))
    wrong = connection.scalar(select(counted.wrong).where(*where))
    return wrong is not None and wrong >= most


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


def forgive(connection: Connection, subject: str) -> None:
    """Forget wrong tries: somebody was right, or the initiator lets them try again."""
    connection.execute(delete(delivery_try).where(delivery_try.c.subject == _key(subject)))


def _key(subject: str) -> bytes:
    return hashlib.sha256(subject.encode()).digest()
