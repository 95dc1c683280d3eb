"""Whether the person at the browser is the one who is meant: a code, or the end of a number."""

import hmac
import secrets
import unicodedata
import uuid
from datetime import datetime, timedelta
from typing import NoReturn

import structlog
from sqlalchemy import Connection, func, insert, select, update

from cloud_bridge.interfaces import Time
from cloud_bridge.model import Verification
from cloud_bridge.network.interfaces import Lane, Persons
from cloud_bridge.network.persons.errors import CheckError, CheckReason, NotSentError
from cloud_bridge.network.persons.id_tails import IdTails
from cloud_bridge.network.persons.interfaces import CodeSender
from cloud_bridge.network.persons.model import Visit
from cloud_bridge.network.persons.visits import accounts_of, change, hashed
from cloud_bridge.network.persons.wrong_ends import WrongEnds
from cloud_bridge.network.store.moments import microseconds
from cloud_bridge.network.store.schema import code_sent, envelope, link, visit

CODE, TAIL, ID_TAIL = "code", "contact-tail", "id-tail"
DIGITS = 6
CODE_LIVES = timedelta(minutes=10)
MOST_TRIES = 5
BETWEEN_CODES = timedelta(seconds=60)
MOST_CODES = ((5, timedelta(hours=1)), (20, timedelta(days=1)))
"""To one telephone or mailbox, by whatever names: so many in so long."""
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
            wait = _wait(connection, person.contact, now)
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
        ten errors in an envelope nothing is right there for a day, by whichever links; after more,
        nothing that the sender has sent, or at all (`wrong_ends`). What was wrong before the right
        end counts for nobody then.

        Raises:
            CheckError: `wrong`, `used-up`, `wait` (`seconds` says for how long; nothing was tried).
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
            ends = _ends(connection, visit, method)
            wait = ends.wait(connection, now=now)
            if wait > timedelta():
                return "wait", _seconds(_micro(wait))
            if right:
                ends.take_back(connection, now=now)
                _passed(connection, visit, method, now)
                return None
            ends.count(connection, now=now)
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


def _ends(connection: Connection, of: Visit, method: str) -> WrongEnds:
    of_envelope = select(envelope.c.initiator).where(envelope.c.id == of.envelope)
    return WrongEnds(
        account=f"{method}:{of.account}",
        envelope=of.envelope,
        sender=connection.scalars(of_envelope).one(),
        visit=of.secret,
    )


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


def _wait(connection: Connection, contact: str, now: datetime) -> int:
    """Seconds until the contact may be sent another code; 0: now."""
    at, moment_now = code_sent.c.at, microseconds(now)
    of_it = code_sent.c.account.in_(accounts_of(contact))
    last = connection.scalar(select(func.max(at)).where(of_it))
    waits = [] if last is None else [last + _micro(BETWEEN_CODES) - moment_now]
    for most, in_so_long in MOST_CODES:
        recent = of_it & (at > microseconds(now - in_so_long))
        newest = connection.scalars(select(at).where(recent).order_by(at.desc()).limit(most)).all()
        if len(newest) == most:
            waits.append(newest[-1] + _micro(in_so_long) - moment_now)
    return _seconds(max(waits, default=0))


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
