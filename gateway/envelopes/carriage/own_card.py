"""Our own card: made, signed with the company's seal through the signing cycle, and published.

It is sealed as any document is: policies allow it, the audit log has it, the key stays in its
token. The document type is `organisation-card`; what the seal signs is the card's JSON.
"""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import msgspec
import structlog
from asn1crypto import cms

from cloud_bridge.cards import card_bytes
from cloud_bridge.errors import NetworkLiesError
from cloud_bridge.model import Card, SignedCard
from cloud_bridge.plain_json import decode
from gateway.envelopes.ground import Ground, Member
from gateway.randomness import random_bytes
from gateway.signing.model import SigningRequest
from gateway.signing.service import SigningService
from policies.model import Caller, SealRequest

CARD_TYPE: Final = "organisation-card"
"""The document type that a policy names for the seal that vouches for a company's keys."""
_LASTS = timedelta(days=365)
_RENEWED_BEFORE = timedelta(days=30)
_RENEWED_AFTER = timedelta(days=7)
"""A card that ends with its certificate is not made anew at every start."""
_SKEW = timedelta(minutes=1)
"""By so much may the clocks of our nodes, of the network and of partners differ."""
_TRACE_BYTES = 16

_log = structlog.get_logger("envelopes")


class OwnCard:
    """The card of one of our companies."""

    def __init__(
        self,
        member: Member,
        ground: Ground,
        *,
        signing: SigningService,
        caller: Callable[[str], Caller],
    ) -> None:
        """Join them.

        Args:
            member: whose card it is.
            ground: keeps it.
            signing: the signing cycle for documents that are no PDF (`ReceiptPress`).
            caller: a System of the policies, as it is now.
        """
        self._member = member
        self._ground = ground
        self._signing = signing
        self._caller = caller

    def current(self) -> Card | None:
        """The card that we speak by; None: there is none yet, or it no longer says what is so."""
        card = self._ground.cards.newest(self._member.organisation)
        return card if card is not None and self._is_ours(card) else None

    def why_none(self) -> str:
        """See `carriage.carrying.CardSource`: the card that we have may be of a later moment."""
        newest, now = self._ground.cards.newest(self._member.organisation), self._ground.clock.now()
        if newest is None or now >= newest.issued_at:
            return ""
        return (
            f"its card {newest.serial} counts from {newest.issued_at:%Y-%m-%d %H:%M} UTC on, and "
            f"it is {now:%Y-%m-%d %H:%M} UTC by this machine's clock: have IT set the clock right"
        )

    async def ensure(self) -> Card:
        """Have a card that counts for a month at least, and have the network know it.

        Raises:
            Problem: the policies do not let it be sealed, or the signer is away.
            NetworkError: the network is away, or does not take it.
        """
        card = self.current()
        if card is None:
            await self._ground.cards.load()  # another node may have made it
            card = self.current()
        if card is None or self._is_near_its_end(card):
            card = await self._renew()
        signed = self._ground.cards.signed(card.organisation, card.serial)
        if signed is not None:
            await self._member.network.publish(signed)
        return card

    def _is_ours(self, card: Card) -> bool:
        member, now = self._member, self._ground.clock.now()
        said = (card.name, card.signing_key, card.encryption_key)
        meant = (member.name, member.signing_key.public, member.encryption_key.public)
        return said == meant and card.issued_at <= now < card.expires_at

    def _is_near_its_end(self, card: Card) -> bool:
        """Of its own, or of its seal's certificate, which may have been renewed meanwhile."""
        now = self._ground.clock.now()
        return card.expires_at - now <= _RENEWED_BEFORE and now - card.issued_at >= _RENEWED_AFTER

    async def _renew(self) -> Card:
        member, now = self._member, self._ground.clock.now()
        before = self._ground.cards.newest(member.organisation)
        # Should our database be younger than what partners have seen, the network knows.
        told = await member.network.organisation(member.organisation)
        published = 0 if told is None or told.card is None else _serial(told.card)
        card = Card(
            organisation=member.organisation,
            name=member.name,
            signing_key=member.signing_key.public,
            encryption_key=member.encryption_key.public,
            serial=max(published, 0 if before is None else before.serial) + 1,
            issued_at=now - _SKEW,
            expires_at=now + _LASTS,
        )
        signed = await self._sealed(card)
        try:
            await self._ground.cards.pin(card, signed)
        except NetworkLiesError:
            return await self._of_another_node(card)
        _log.info("card_renewed", organisation=card.organisation, serial=card.serial)
        return card

    async def _of_another_node(self, card: Card) -> Card:
        """The card that another node of ours has made meanwhile: the first of a serial counts.

        Raises:
            NetworkLiesError: it is none of ours.
        """
        await self._ground.cards.load()
        made = self.current()
        if made is None or made.serial < card.serial:
            raise NetworkLiesError(
                f"another card {card.serial} of {card.organisation} is known, with other keys",
                lie="card-swapped",
            )
        return made

    async def _sealed(self, card: Card) -> SignedCard:
        said = card_bytes(card)
        request = SigningRequest(
            seal_request=SealRequest(
                caller=self._caller(self._member.system),
                seal=self._member.card_seal,
                document_type=CARD_TYPE,
                business_number=f"{card.organisation}/{card.serial}",
            ),
            idempotency_key=f"{CARD_TYPE}:{hashlib.sha256(said).hexdigest()}",
            trace_id=random_bytes(_TRACE_BYTES).hex(),
            origin=f"card:{card.organisation}/{card.serial}",
        )
        sealed = await self._signing.seal(request, said)
        return SignedCard(card=said, proof=_proof(b"".join(sealed.content)[len(said) :]))


def _proof(behind: bytes) -> bytes:
    """The container that stands behind what was signed, as `<hex>`, without its padding."""
    container = cms.ContentInfo.load(bytes.fromhex(behind[1:-1].decode()))
    proof: bytes = container.dump()
    return proof


def _serial(signed: SignedCard) -> int:
    """What a card of ours that the directory has says of itself; only a number is taken from it."""
    try:
        return decode(signed.card, Card).serial
    except msgspec.ValidationError as error:
        raise NetworkLiesError(
            f"what the network's directory has as our card cannot be read: {error}",
            lie="unreadable",
        ) from error
