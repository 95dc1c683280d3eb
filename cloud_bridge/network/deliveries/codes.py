"""A code to the telephone of whoever holds the goods. It counts once, for ten minutes.

The rows keep it as an HMAC under the secret that only the telephone has: six digits are guessed in
no time from a bare hash.
"""

import hmac
import secrets
import unicodedata
import uuid
from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from cloud_bridge.interfaces import Time
from cloud_bridge.network.deliveries.model import Delivery
from cloud_bridge.network.deliveries.problems import CheckFailedProblem
from cloud_bridge.network.interfaces import Lane
from cloud_bridge.network.persons import tries
from cloud_bridge.network.persons.interfaces import CodeSender
from cloud_bridge.network.store.moments import microseconds
from cloud_bridge.network.store.schema import delivery_code

COUNTS: Final = timedelta(minutes=10)
_DIGITS: Final = 6
_MOST: Final = 5
_IN: Final = timedelta(hours=1)
MOST_TO_A_NUMBER: Final = 30
"""In an hour, whatever is delivered: whoever takes goods all day gets one for each receipt."""


class Codes:
    """Sends codes, and knows them again."""

    def __init__(self, *, lane: Lane, time: Time, sender: CodeSender) -> None:
        self._lane = lane
        self._time = time
        self._sender = sender

    def noted(
        self, connection: Connection, of: Delivery, *, secret: str, code: str, phone: str
    ) -> None:
        """Let a new code count; one that was sent before no longer does.

        Raises:
            CheckFailedProblem: there were five within the hour, or the number was sent too many:
                whoever has labels could else have anybody's telephone ring without end.
        """
        number, now = f"codes-to:{phone}", self._time.now()
        if tries.locked(connection, number, now=now, most=MOST_TO_A_NUMBER):
            raise CheckFailedProblem(f"{MOST_TO_A_NUMBER} codes were sent there within the hour")
        if not self._noted(connection, of, _seal(secret, code)):
            raise CheckFailedProblem(f"{_MOST} codes were sent within the hour")
        tries.count(connection, number, now=now, lasting=_IN, from_the_first=True)

    async def send(self, *, phone: str, code: str, language: str) -> None:
        """Send a code that counts; NotSentError: it was not taken, another try may be."""
        await self._sender.send(contact=phone, code=code, language=language, id=str(uuid.uuid4()))

    async def right(self, of: Delivery, *, secret: str, code: str) -> bool:
        """Whether it is the newest code and still counts; then it does not count again."""
        now = microseconds(self._time.now())
        given = _seal(secret, typed_digits(code))

        def used(connection: Connection) -> bool:
            columns = delivery_code.c
            found = connection.execute(
                select(columns.sealed, columns.until).where(*_is(of))
            ).first()
            if found is None or found.until <= now:
                return False
            if not hmac.compare_digest(bytes(found.sealed), given):
                return False
            connection.execute(update(delivery_code).where(*_is(of)).values(until=0))
            return True

        return await self._lane.write(used)

    def _noted(self, connection: Connection, of: Delivery, sealed: bytes) -> bool:
        now = self._time.now()
        columns = delivery_code.c
        found = connection.execute(select(columns.sent, columns.since).where(*_is(of))).first()
        sent, since = 0, microseconds(now)
        if found is not None and found.since > microseconds(now - _IN):
            sent, since = found.sent, found.since
        if sent >= _MOST:
            return False
        connection.execute(delete(delivery_code).where(*_is(of)))
        row = {"envelope": of.envelope, "party": of.party, "sealed": sealed, "since": since}
        until = microseconds(now + COUNTS)
        connection.execute(insert(delivery_code).values(**row, until=until, sent=sent + 1))
        return True


def new_code() -> str:
    """Six digits that nobody foresees."""
    return f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}"


def typed_digits(text: str) -> str:
    """What was typed, as it is compared: Chinese keyboards make digits of full width."""
    return unicodedata.normalize("NFKC", text).strip()


def _is(of: Delivery) -> tuple[ColumnElement[bool], ...]:
    return (delivery_code.c.envelope == of.envelope, delivery_code.c.party == of.party)


def _seal(secret: str, code: str) -> bytes:
    return hmac.digest(secret.encode(), code.encode(), "sha256")
