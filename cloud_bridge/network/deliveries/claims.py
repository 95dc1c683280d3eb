"""Who holds the goods: the first that claims, once they were checked.

The secret that makes a claim somebody's is made on their telephone. A claim that was not used for
half an hour keeps nobody off; its owner may still go on with it while nobody else has come.
"""

import base64
import binascii
import contextlib
import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec
import structlog
from sqlalchemy import Connection

from cloud_bridge.envelopes.statements import Opened
from cloud_bridge.interfaces import Time
from cloud_bridge.model import Party
from cloud_bridge.network.accounts.contacts import one_way
from cloud_bridge.network.deliveries import rows
from cloud_bridge.network.deliveries.codes import COUNTS, Codes, new_code, typed_digits
from cloud_bridge.network.deliveries.model import Claim, Delivery, Method
from cloud_bridge.network.deliveries.problems import (
    AlreadyTakenProblem,
    CheckFailedProblem,
    CodeNotSentProblem,
    ReceiptSenselessProblem,
)
from cloud_bridge.network.deliveries.sense import check_name
from cloud_bridge.network.interfaces import EnvelopeBook, Lane
from cloud_bridge.network.persons import tries
from cloud_bridge.network.persons.errors import NotSentError
from cloud_bridge.network.problems import NotAllowedProblem

KEEPS_OFF: Final = timedelta(minutes=30)
"""How long a claim keeps others off since its owner last did something."""
_SECRET_BYTES: Final = 32

Answer = Literal["taken", "wrong"]
_log = structlog.get_logger("network.deliveries")


def method_of(party: Party) -> Method:
    """How the terms want a bearer to be checked.

    A shipper that gives digits has chosen them as the check, and they work offline. Without digits
    a code proves that a telephone is theirs; `none` asks for nothing.
    """
    if party.contact_tail:
        return "contact-tail"
    return "none" if party.level == "none" else "code"


def subject_of(delivery: Delivery) -> str:
    """By which name wrong tries and codes of a delivery are counted."""
    return f"delivery:{delivery.envelope}:{delivery.party}"


class Claims:
    """Decides who is first."""

    def __init__(self, *, lane: Lane, book: EnvelopeBook, time: Time, codes: Codes) -> None:
        self._lane = lane
        self._book = book
        self._time = time
        self._codes = codes

    async def claim(
        self, delivery: Delivery, party: Party, claim: Claim, *, language: str = "zh"
    ) -> Delivery:
        """Claim the goods. The same claim again is the same; of a code, it sends a new one.

        Returns:
            `checked`, or `held` where a code must be told now.

        Raises:
            AlreadyTakenProblem: somebody else was first.
            CheckFailedProblem: the digits are wrong, or there were too many tries.
            ReceiptSenselessProblem: the name or number is none.
        """
        wanted = self._wanted(delivery, party, claim)
        method = method_of(party)
        if method == "code":
            return await self._send_code(wanted, claim, language)
        return await self._take(wanted, right=method == "none" or _fits(claim, party))

    async def check(self, delivery: Delivery, *, secret: str, code: str) -> Delivery:
        """Tell the code that was sent.

        Raises:
            CheckFailedProblem: it is wrong, or no longer counts, or there were too many tries.
            AlreadyTakenProblem: the claim is no longer theirs.
        """
        if delivery.holder != holder_of(secret):
            raise AlreadyTakenProblem("the claim is somebody else's")
        right = await self._codes.right(delivery, secret=secret, code=code)
        claimed = msgspec.structs.replace(
            delivery, method="code", until=self._time.now() + KEEPS_OFF
        )
        return await self._take(claimed, right=right)

    async def opened(self, delivery: Delivery) -> None:
        """Have the record say that somebody holds the goods and reads.

        Who it is, is said with the receipt: a claim may be let go, and then another is the first.
        """
        said = f"opened:{delivery.party}"
        with contextlib.suppress(NotAllowedProblem):  # it was opened before, or is over
            await self._book.say(delivery.envelope, Opened(), party=delivery.party, id=said)

    async def renew(self, delivery: Delivery) -> bool:
        """Keep others off from now on, if it is still this claim, and was checked."""
        until = self._time.now() + KEEPS_OFF
        renewed = msgspec.structs.replace(delivery, until=until)
        return await self._lane.write(lambda connection: rows.renew(connection, renewed))

    def keeps_off(self, delivery: Delivery) -> bool:
        """Whether others cannot claim now."""
        if delivery.state == "done":
            return True
        return delivery.until is not None and self._time.now() < delivery.until

    async def release(self, envelope: str, party: str) -> bool:
        """Let others claim, and forget wrong tries: the initiator says so.

        Returns:
            Whether there is such a delivery, and its receipt has not been signed.
        """

        def freed(connection: Connection) -> bool:
            held = rows.found(connection, envelope, party)
            if held is None or held.state == "done":
                return False
            tries.forgive(connection, subject_of(held))
            rows.let_go(connection, held)
            return True

        return await self._lane.write(freed)

    async def is_right(self, delivery: Delivery, party: Party, claim: Claim) -> bool:
        """Whether somebody who does not hold the claim has the right digits; wrong ones count."""
        if method_of(party) != "contact-tail":
            return False
        now = self._time.now()
        right = _fits(claim, party)

        def judged(connection: Connection) -> bool:
            return _judged(connection, subject_of(delivery), right=right, now=now)

        return await self._lane.write(judged)

    def _wanted(self, delivery: Delivery, party: Party, claim: Claim) -> Delivery:
        method = method_of(party)
        contact = party.contact_tail if method == "contact-tail" else claim.phone
        return msgspec.structs.replace(
            delivery,
            holder=holder_of(claim.secret),
            name=check_name(claim.name),
            contact=masked(contact),
            method=method,
            until=self._time.now() + (COUNTS if method == "code" else KEEPS_OFF),
        )

    async def _send_code(self, wanted: Delivery, claim: Claim, language: str) -> Delivery:
        phone = one_way(claim.phone)
        digits = phone.removeprefix("+")
        if not (digits.isascii() and digits.isdecimal() and 5 < len(phone) < 20):  # noqa: PLR2004 - E.164
            raise ReceiptSenselessProblem("a telephone number has 6 to 19 digits", reason="phone")
        now, code = self._time.now(), new_code()

        def held(connection: Connection) -> Delivery | None:
            if not rows.take(connection, wanted, now=now):
                return None
            # Together, or not at all: the number that is claimed is the one that gets the code.
            self._codes.noted(connection, wanted, secret=claim.secret, code=code, phone=phone)
            return rows.found(connection, wanted.envelope, wanted.party)

        mine = await self._lane.write(held)
        if mine is None:
            raise AlreadyTakenProblem("somebody else was first")
        try:
            await self._codes.send(phone=phone, code=code, language=language)
        except NotSentError as error:
            _log.error("code_not_sent", envelope=wanted.envelope, error=str(error))
            raise CodeNotSentProblem("the code was not taken") from error
        return mine

    async def _take(self, wanted: Delivery, *, right: bool) -> Delivery:
        now = self._time.now()

        def judged(connection: Connection) -> Delivery | Answer:
            if not _judged(connection, subject_of(wanted), right=right, now=now):
                return "wrong"
            if not rows.take(connection, wanted, now=now):
                return "taken"
            rows.checked(connection, wanted)
            return rows.found(connection, wanted.envelope, wanted.party) or "taken"

        answer = await self._lane.write(judged)
        if answer == "wrong":
            raise CheckFailedProblem("wrong, or too many tries")
        if not isinstance(answer, Delivery):
            raise AlreadyTakenProblem("somebody else was first")
        await self.opened(answer)
        return answer


def masked(contact: str) -> str:
    """A telephone number by what may be told of it: its last four digits."""
    return f"****{contact[-4:]}" if contact else ""


def _fits(claim: Claim, party: Party) -> bool:
    given, known = typed_digits(claim.digits).encode(), party.contact_tail.encode()
    return hmac.compare_digest(given, known)


def _judged(connection: Connection, subject: str, *, right: bool, now: datetime) -> bool:
    if tries.locked(connection, subject, now=now):
        return False
    if right:
        tries.forgive(connection, subject)
    else:
        tries.count(connection, subject, now=now)
    return right


def holder_of(secret: str) -> bytes:
    """What is kept of a claim's secret; ReceiptSenselessProblem: it is none."""
    try:
        raw = base64.urlsafe_b64decode(secret + "=")
    except (binascii.Error, ValueError) as error:
        raise ReceiptSenselessProblem("the claim's secret is not base64url") from error
    if len(raw) != _SECRET_BYTES:
        raise ReceiptSenselessProblem(f"the claim's secret must have {_SECRET_BYTES} bytes")
    return hashlib.sha256(raw).digest()
