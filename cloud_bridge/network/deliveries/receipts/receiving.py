"""From what a telephone sent to a signature, once, however often it is sent.

Everything that can be wrong is found before anything is kept: the telephone holds its copy until
it is told an outcome. Then the receipt is durable, then it is said in the envelope's record. Killed
in between, `resume` or the telephone's next try goes on from there.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Final
from weakref import WeakValueDictionary

import msgspec
import structlog
from sqlalchemy import Connection

from cloud_bridge.encryption import plain
from cloud_bridge.envelopes.state import may_sign
from cloud_bridge.envelopes.statements import Act, Attachment, Claimed
from cloud_bridge.interfaces import Time
from cloud_bridge.network.deliveries import rows, sense
from cloud_bridge.network.deliveries.claims import Claims, holder_of, masked, method_of
from cloud_bridge.network.deliveries.consignment import Consignment, consignment
from cloud_bridge.network.deliveries.model import Delivery, Evidence, KeptReceipt, Outcome, Receipt
from cloud_bridge.network.deliveries.photos.darkroom import MEDIA_TYPE, Darkroom
from cloud_bridge.network.deliveries.problems import (
    AlreadyTakenProblem,
    CheckFailedProblem,
    CheckNeededProblem,
    NotYetProblem,
    OverProblem,
    PhotoRefusedProblem,
    ReceiptDiffersProblem,
)
from cloud_bridge.network.deliveries.receipts.saying import (
    act_of,
    digest_of,
    evidence_of,
    outcome_of,
    without_secrets,
)
from cloud_bridge.network.deliveries.receipts.writing import Writing, Written
from cloud_bridge.network.interfaces import EnvelopeBook, Lane
from cloud_bridge.network.persons import tries
from cloud_bridge.network.problems import NotAllowedProblem

_MOST_KEPT: Final = 20
"""Receipts of one delivery that are kept though nothing is signed by them."""
_log = structlog.get_logger("network.deliveries")


class Receiving:
    """Takes receipts. One of a delivery at a time, so that none is signed for nothing."""

    def __init__(
        self,
        *,
        lane: Lane,
        book: EnvelopeBook,
        time: Time,
        claims: Claims,
        darkroom: Darkroom,
        writing: Writing,
    ) -> None:
        self._lane = lane
        self._book = book
        self._time = time
        self._claims = claims
        self._darkroom = darkroom
        self._writing = writing
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def receive(
        self,
        delivery: Delivery,
        *,
        id: str,  # noqa: A002 - what it is called on the telephone
        receipt: Receipt,
        photographs: Sequence[bytes],
    ) -> Outcome:
        """Take a receipt; of an id that came before, tell its outcome again.

        Raises:
            ReceiptDiffersProblem: the id came before with something else.
            ReceiptSenselessProblem, PhotoRefusedProblem: it must be corrected first.
            CheckFailedProblem, CheckNeededProblem: its sender was not checked.
            AlreadyTakenProblem: somebody else was first, and it cannot even be kept.
            NotYetProblem: somebody else must sign before.
        """
        digest = digest_of(receipt, photographs)
        async with self._turn(delivery.envelope, delivery.party):
            known = await self._lane.read(lambda asked: rows.kept(asked, id))
            if known is not None:
                return await self._again(known, digest)
            new = KeptReceipt(
                id=id,
                envelope=delivery.envelope,
                party=delivery.party,
                digest=digest,
                by=Claimed(name=receipt.claim.name, contact="", method=""),
                receipt=receipt,
                received_at=self._time.now(),
            )
            return await self._first_time(new, photographs)

    async def evidence(self, envelope: str, party: str) -> Sequence[Evidence]:
        """Everything that telephones sent for a delivery, as it came."""
        kept = await self._lane.read(lambda asked: rows.kept_of(asked, envelope, party))
        return [evidence_of(each) for each in kept]

    async def resume(self) -> None:
        """Go on with receipts that are durable and have not come to their end."""
        for kept in await self._lane.read(rows.unfinished):
            async with self._turn(kept.envelope, kept.party):
                try:
                    await self._again(kept, kept.digest)
                except Exception:  # noqa: BLE001 - it stays; the others must not wait for it
                    _log.exception("receipt_not_resumed", receipt=kept.id, envelope=kept.envelope)

    def _turn(self, envelope: str, party: str) -> asyncio.Lock:
        return self._turns.setdefault((envelope, party), asyncio.Lock())

    async def _again(self, known: KeptReceipt, digest: bytes) -> Outcome:
        if known.digest != digest:
            raise ReceiptDiffersProblem("another receipt has this id already")
        now = await self._lane.read(lambda asked: rows.kept(asked, known.id))
        if now is not None and now.outcome is not None:
            return now.outcome
        of = await consignment(self._book, known.envelope, known.party)
        is_over = of.over(self._time.now())
        return await self._settle(known, of, () if is_over else await self._write(known, of))

    async def _first_time(self, new: KeptReceipt, photographs: Sequence[bytes]) -> Outcome:
        """Photographs are drawn last: nobody has them drawn who was not checked."""
        of = await consignment(self._book, new.envelope, new.party)
        sense.check(new.receipt, of.party, of.terms)
        reason = of.over(self._time.now())
        if reason:
            return await self._only_keep(new, of, photographs, reason)
        if new.party not in may_sign(of.state, at=self._time.now()):
            raise NotYetProblem("somebody else must sign before")
        holder = await self._holder(new, of)
        if holder is None:
            return await self._only_keep(new, of, photographs, "taken")
        new, drawn = await self._drawn(new, photographs)
        by = Claimed(name=holder.name, contact=holder.contact, method=holder.method)
        kept = msgspec.structs.replace(new, by=by, receipt=without_secrets(new.receipt))
        written = await self._write(kept, of)
        await self._put(kept, drawn)
        await self._lane.write(lambda asked: rows.keep(asked, kept))
        return await self._settle(kept, of, written)

    async def _holder(self, new: KeptReceipt, of: Consignment) -> Delivery | None:
        """Who holds the goods, if it is the sender, by a claim that may come with the receipt."""
        delivery = await self._delivery(new)
        mine = delivery.holder == holder_of(new.receipt.claim.secret)
        if mine and delivery.state == "checked":
            return delivery if await self._claims.renew(delivery) else None
        if method_of(of.party) == "code":
            if self._claims.keeps_off(delivery) and not mine:
                raise AlreadyTakenProblem("somebody else was first")
            raise CheckNeededProblem("tell the code first")
        try:
            return await self._claims.claim(delivery, of.party, new.receipt.claim)
        except AlreadyTakenProblem:
            return None

    async def _only_keep(
        self, new: KeptReceipt, of: Consignment, photographs: Sequence[bytes], reason: str
    ) -> Outcome:
        """Evidence, from whoever held the goods or knows the digits; nothing is signed."""
        delivery = await self._delivery(new)
        claim = new.receipt.claim
        mine = delivery.holder == holder_of(claim.secret) and delivery.method != ""
        if not (mine or await self._claims.is_right(delivery, of.party, claim)):
            raise CheckFailedProblem("wrong, or too many tries")
        if await self._lane.read(lambda asked: rows.count_kept(asked, delivery)) >= _MOST_KEPT:
            raise OverProblem(f"{_MOST_KEPT} receipts of this delivery are kept already")
        new, drawn = await self._drawn(new, photographs)
        contact = delivery.contact if mine else masked(of.party.contact_tail)
        by = Claimed(name=claim.name.strip(), contact=contact, method=method_of(of.party))
        outcome = outcome_of(new, "kept", reason)
        await self._put(new, drawn)
        told = without_secrets(new.receipt)
        ended = msgspec.structs.replace(new, by=by, receipt=told, outcome=outcome)
        await self._lane.write(lambda asked: rows.keep(asked, ended))
        _log.info("receipt_kept", envelope=new.envelope, reason=reason)
        return outcome

    async def _drawn(
        self, new: KeptReceipt, photographs: Sequence[bytes]
    ) -> tuple[KeptReceipt, Sequence[bytes]]:
        """The receipt with its photographs as they are kept.

        Raises:
            PhotoRefusedProblem: one is none that we take, or too many came that were none.
        """
        subject, now = f"photos:{new.envelope}:{new.party}", self._time.now()
        locked = await self._lane.read(lambda asked: tries.locked(asked, subject, now=now))
        if photographs and locked:
            raise PhotoRefusedProblem(
                f"{tries.MOST} times the photos of this delivery could not be read. Send it "
                "without photos, or in half an hour."
            )
        try:
            drawn = await self._darkroom.develop(photographs)
        except PhotoRefusedProblem:
            await self._lane.write(lambda asked: tries.count(asked, subject, now=now))
            raise
        attachments = tuple(map(_attachment, range(1, len(drawn) + 1), drawn))
        return msgspec.structs.replace(new, attachments=attachments), drawn

    async def _settle(
        self, kept: KeptReceipt, of: Consignment, written: Sequence[Written]
    ) -> Outcome:
        """Say it, and write what became of it.

        Raises:
            NotYetProblem: another of the same turn was quicker; the next try signs upon that.
        """
        act = act_of(kept, of, [each.revision for each in written])
        outcome = outcome_of(kept, "declined" if kept.receipt.refused else "signed")
        try:
            await self._say(kept, "claimed", kept.by)
            await self._say(kept, "receipt", act)
        except NotAllowedProblem as refused:
            now = await consignment(self._book, kept.envelope, kept.party)
            reason = now.over(self._time.now())
            if not reason:
                raise NotYetProblem(refused.detail) from refused
            outcome = outcome_of(kept, "kept", reason)
        ended = msgspec.structs.replace(kept, outcome=outcome)

        def told(connection: Connection) -> None:
            rows.end(connection, ended)
            if outcome.ending != "kept":
                rows.finish(connection, kept.envelope, kept.party)

        await self._lane.write(told)
        _log.info("receipt_received", envelope=kept.envelope, ending=outcome.ending)
        return outcome

    async def _say(self, kept: KeptReceipt, what: str, act: Act) -> None:
        said = f"{what}:{kept.party}:{kept.id}"
        await self._book.say(kept.envelope, act, party=kept.party, id=said)

    async def _write(self, kept: KeptReceipt, of: Consignment) -> Sequence[Written]:
        written = await self._writing.write(kept, of)
        for each in written:
            await self._book.put_content(plain(each.document, envelope=kept.envelope))
        return written

    async def _put(self, kept: KeptReceipt, drawn: Sequence[bytes]) -> None:
        for photo in drawn:
            await self._book.put_content(plain(photo, envelope=kept.envelope))

    async def _delivery(self, kept: KeptReceipt) -> Delivery:
        found = await self._lane.read(lambda asked: rows.found(asked, kept.envelope, kept.party))
        if found is None:
            raise OverProblem("there is no label of it any more")
        return found


def _attachment(number: int, photo: bytes) -> Attachment:
    return Attachment(
        name=f"photo-{number}.jpg",
        digest=hashlib.sha256(photo).hexdigest(),
        size=len(photo),
        media_type=MEDIA_TYPE,
    )
