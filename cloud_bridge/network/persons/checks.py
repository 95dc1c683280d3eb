"""Whether the person at the browser is the one who is meant: a code, or the end of a number."""

import hmac
import secrets
import unicodedata
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NoReturn

import structlog
from sqlalchemy import Connection, func, insert, select, update

from cloud_bridge.interfaces import Time
from cloud_bridge.model import Verification
from cloud_bridge.network import tries
from cloud_bridge.network.id_tails import IdTails
from cloud_bridge.network.interfaces import Lane, Persons
from cloud_bridge.network.persons.errors import CheckError, CheckReason, NotSentError
from cloud_bridge.network.persons.interfaces import CodeSender
from cloud_bridge.network.persons.model import Visit
from cloud_bridge.network.persons.visits import change, hashed
from cloud_bridge.network.store.moments import microseconds
from cloud_bridge.network.store.schema import code_sent, envelope, link, visit
from cloud_bridge.network.tries import Waits

CODE, TAIL, ID_TAIL = "code", "contact-tail", "id-tail"
DIGITS = 6
CODE_LIVES = timedelta(minutes=10)
MOST_TRIES = 5
BETWEEN_CODES = timedelta(seconds=60)
MOST_CODES, IN_SO_LONG = 5, timedelta(hours=1)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
IN_AN_ENVELOPE = Waits(free=10, first=_DAY, longest=_DAY, lasting=60 * _DAY)
OF_A_SENDER = Waits(free=15, first=_HOUR, longest=_DAY, lasting=60 * _DAY)
OF_AN_ACCOUNT = Waits(free=30, first=_HOUR, longest=_DAY, lasting=60 * _DAY)
"""Wrong ends, by however many links: a sender gets as many links as it asks for.

Who has links of one envelope shuts the account out of that envelope alone, and who has links of one
sender, out of what that sends alone: what comes after the free tries of the narrower counts for the
wider only where that has come to its waits, too. So it takes two senders to have it wait
everywhere. All count equally long: nobody counts twice for the wider by letting the narrower lapse.

What somebody reaches who never pauses, in a day, a week, a year: by one envelope 10, 16 and 374
wrong ends, by one sender 19, 25 and 383, by any number of senders together 34, 40 and 398. Of four
digits those are at most 0.34 % in a day and 4 % in a year. Of an identity number whose beginning
(place and day of birth) is known some 1,000 ends are left: 3.4 % and 40 %.
"""
TAIL_DIGITS = 4
_LEAST_OF_A_MAILBOX = 2
CONTACT_COUNTS = timedelta(days=365)
"""For how long an account is known to read its contact."""

_log = structlog.get_logger("network.persons")


class Checks:
    """Checks persons, and remembers it of their accounts.

    Args:
        lane: the rows.
        persons: the accounts.
        sender: brings codes.
        time: says what has expired.
        id_tails: knows the ends of identity numbers.
    """

    def __init__(
        self, lane: Lane, persons: Persons, sender: CodeSender, time: Time, id_tails: IdTails
    ) -> None:
        self._lane = lane
        self._persons = persons
        self._sender = sender
        self._time = time
        self._id_tails = id_tails

    async def send_code(self, visit: Visit, *, language: str) -> None:
        """Send a code to the account's contact; one that was sent before no longer counts.

        Raises:
            CheckError: `too-soon`, `too-many` (`seconds` says when again), `not-sent`.
        """
        person = await self._persons.person(visit.account)
        if person is None:
            raise CheckError(f"there is no account {visit.account}", reason="not-sent")
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        now = self._time.now()
        sending = str(uuid.uuid4())

        def noted(connection: Connection) -> int:
            wait = _wait(connection, visit.account, now)
            if wait == 0:
                connection.execute(
                    insert(code_sent).values(
                        id=sending, account=visit.account, at=microseconds(now)
                    )
                )
                change(
                    connection,
                    visit.secret,
                    code=_sealed(visit, code),
                    code_tries=0,
                    code_expires_at=microseconds(now + CODE_LIVES),
                )
            return wait

        wait = await self._lane.write(noted)
        if wait:
            reason: CheckReason = "too-soon" if wait <= BETWEEN_CODES.seconds else "too-many"
            raise CheckError("no code is sent now", reason=reason, seconds=wait)
        try:
            await self._sender.send(
                contact=person.contact, code=code, language=language, id=sending
            )
        except NotSentError as error:
            _log.error("code_not_sent", account=visit.account, error=str(error))
            await self._forget(visit)
            raise CheckError("the code was not taken", reason="not-sent") from error

    async def code(self, visit: Visit, code: str) -> None:
        """Hold a code against the one that was sent; passed: the account reads its contact.

        Raises:
            CheckError: `wrong`, `used-up` (a new one must be sent), `expired`.
        """
        now = self._time.now()
        given = _sealed(visit, "".join(filter(str.isdigit, _typed(code))))

        def tried(connection: Connection) -> CheckReason | None:
            row = connection.execute(_row(visit)).one()
            if not row.code or row.code_expires_at <= microseconds(now):
                return "expired"
            if row.code_tries >= MOST_TRIES:
                return "used-up"
            if not hmac.compare_digest(row.code, given):
                change(connection, visit.secret, code_tries=row.code_tries + 1)
                return "used-up" if row.code_tries + 1 >= MOST_TRIES else "wrong"
            _passed(connection, visit, CODE, now)
            return None

        reason = await self._lane.write(tried)
        if reason is not None:
            self._fail(visit, CODE, reason)
        await self._persons.verified(
            visit.account,
            Verification(level="contact", method=CODE, at=now, expires_at=now + CONTACT_COUNTS),
        )

    async def tail(self, visit: Visit, digits: str) -> None:
        """Hold the last digits against the account's contact; after five errors the link ends.

        Of a mailbox they are those before the @: how it goes on behind that anybody guesses. After
        ten errors nothing is right for a day, by whichever links.

        Raises:
            CheckError: `wrong`, `used-up`.
        """
        person = await self._persons.person(visit.account)
        known = "" if person is None else _end_of(person.contact)
        given = _typed(digits).strip().casefold()
        right = known != "" and hmac.compare_digest(known.encode(), given.encode())
        await self._tried(visit, TAIL, right=right)

    async def id_tail(self, visit: Visit, tail: str) -> None:
        """Hold it against the end of the account's identity number; otherwise as `tail`.

        Of an account whose number nobody gave the answers are those of a wrong entry.

        Raises:
            CheckError: as `tail`.
        """
        right = await self._id_tails.matches(visit.account, _typed(tail))
        await self._tried(visit, ID_TAIL, right=right)

    async def _tried(self, visit: Visit, method: str, *, right: bool) -> None:
        now = self._time.now()

        def tried(connection: Connection) -> tuple[CheckReason, int] | None:
            row = connection.execute(_row(visit)).one()
            if row.tries >= MOST_TRIES:
                return "used-up", 0
            counts = _counts(connection, visit, method)
            wait = max(tries.wait(connection, of, waits, now=now) for of, waits in counts)
            if wait > timedelta():
                return "wait", _seconds(_micro(wait))
            if right:
                for of, _ in counts:
                    tries.take_back(connection, of, row.tries)
                _passed(connection, visit, method, now)
                return None
            _count(connection, counts, now)
            change(connection, visit.secret, tries=row.tries + 1)
            if row.tries + 1 < MOST_TRIES:
                return "wrong", 0
            connection.execute(
                update(link).where(link.c.token == row.link).values(ended_at=microseconds(now))
            )
            return "used-up", 0

        failed = await self._lane.write(tried)
        if failed is not None:
            self._fail(visit, method, *failed)

    @staticmethod
    def _fail(visit: Visit, method: str, reason: CheckReason, seconds: int = 0) -> NoReturn:
        _log.warning(
            "check_failed", method=method, reason=reason, envelope=visit.envelope, party=visit.party
        )
        raise CheckError(f"{method} was not passed: {reason}", reason=reason, seconds=seconds)

    async def _forget(self, visit: Visit) -> None:
        await self._lane.write(
            lambda connection: change(connection, visit.secret, code="", code_expires_at=None)
        )


def _row(of: Visit):  # type: ignore[no-untyped-def]  # noqa: ANN202 - SQLAlchemy's Select of rows
    return select(visit).where(visit.c.secret == hashed(of.secret))


def _counts(connection: Connection, of: Visit, method: str) -> tuple[tuple[str, Waits], ...]:
    """For whom a wrong end counts, from the narrowest to the widest."""
    of_envelope = select(envelope.c.initiator).where(envelope.c.id == of.envelope)
    sender = connection.scalars(of_envelope).one()
    account = f"{method}:{of.account}"
    return (
        (f"{account}:in:{of.envelope}", IN_AN_ENVELOPE),
        (f"{account}:by:{sender}", OF_A_SENDER),
        (f"{account}:all", OF_AN_ACCOUNT),
    )


def _count(connection: Connection, counts: Sequence[tuple[str, Waits]], now: datetime) -> None:
    """Count one more wrong end: see `OF_AN_ACCOUNT`."""
    is_free = True
    for of, waits in counts:
        wrong = tries.wrong(connection, of, now=now)
        if is_free or wrong >= waits.free:
            tries.count(connection, of, now=now, lasting=waits.lasting)
        is_free = is_free and wrong < waits.free


def _passed(connection: Connection, visit: Visit, method: str, now: datetime) -> None:
    change(
        connection,
        visit.secret,
        method=method,
        checked_at=microseconds(now),
        code="",
        code_expires_at=None,
    )


def _sealed(visit: Visit, code: str) -> str:
    # Six digits are guessed in no time from a bare hash: the key is what only the browser has.
    return hmac.digest(visit.secret.encode(), code.encode(), "sha256").hex()


def _wait(connection: Connection, account: str, now: datetime) -> int:
    """Seconds until the account may be sent another code; 0: now."""
    since = microseconds(now - IN_SO_LONG)
    recent = (code_sent.c.account == account) & (code_sent.c.at > since)
    count, first, last = connection.execute(
        select(func.count(), func.min(code_sent.c.at), func.max(code_sent.c.at)).where(recent)
    ).one()
    moment_now = microseconds(now)
    if count >= MOST_CODES:
        return _seconds(first + _micro(IN_SO_LONG) - moment_now)
    if count:
        return _seconds(last + _micro(BETWEEN_CODES) - moment_now)
    return 0


def _typed(text: str) -> str:
    # Chinese keyboards make digits of full width.
    return unicodedata.normalize("NFKC", text)


def _end_of(contact: str) -> str:
    """What is asked for of a telephone or mailbox; empty: it has too little to ask for."""
    name, at, _ = contact.casefold().partition("@")
    end = name[-TAIL_DIGITS:]
    return end if len(end) >= (_LEAST_OF_A_MAILBOX if at else TAIL_DIGITS) else ""


def _micro(length: timedelta) -> int:
    return length // timedelta(microseconds=1)


def _seconds(micro: int) -> int:
    return max(0, -(-micro // 1_000_000))
