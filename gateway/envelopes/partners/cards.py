"""Cards that are believed: a partner's once its seal vouches for it, and never one before it again.

Implements `cloud_bridge.cards.CardBook`. The network keeps the directory, and cannot swap keys: a
card counts because its organisation's seal signed it, and the first of a serial is the only one.
"""

from collections.abc import Callable, Sequence

import msgspec
import structlog

from cloud_bridge.cards import as_believed, check_card
from cloud_bridge.errors import NetworkLiesError, NetworkRefusedError, RecordBrokenError
from cloud_bridge.interfaces import CloudNetwork
from cloud_bridge.model import Card, SignedCard
from cloud_bridge.names import same_name
from cloud_bridge.plain_json import decode
from gateway.clock import Clock
from gateway.store.engines.lane import Transaction, WriterLane
from gateway.store.rows.networks import NetworkReader, card_of, newest_serial, put_card

_encode = msgspec.json.Encoder().encode
_signed = msgspec.json.Decoder(SignedCard)
_card = msgspec.json.Decoder(Card)

_log = structlog.get_logger("envelopes")


class Cards:
    """The book of a gateway, for all of its companies."""

    def __init__(
        self,
        *,
        lane: WriterLane,
        reader: NetworkReader,
        roots: Callable[[], Sequence[bytes]],
        clock: Clock,
    ) -> None:
        """Begin empty; `load` reads what was believed before.

        Args:
            lane: writes what is believed.
            reader: reads it.
            roots: certificates (DER) of those who may say who a partner is.
            clock: at whose moment cards and certificates must count.
        """
        self._lane = lane
        self._reader = reader
        self._roots = roots
        self._clock = clock
        self._known: dict[str, dict[int, SignedCard]] = {}
        # The same, decoded: each step of an envelope asks who its parties are.
        self._cards: dict[str, dict[int, Card]] = {}
        self._names: dict[str, tuple[str, ...]] = {}

    async def load(self) -> None:
        """Know what was believed before."""
        for organisation, serial, kept in await self._reader.cards():
            self._remember(organisation, serial, _signed.decode(kept))

    def card(self, organisation: str, serial: int) -> Card | None:
        """See `CardBook`."""
        return self._cards.get(organisation, {}).get(serial)

    def newest(self, organisation: str) -> Card | None:
        """The card by which an organisation speaks and is written to now."""
        known = self._known.get(organisation)
        return None if not known else self.card(organisation, max(known))

    def names(self, organisation: str) -> tuple[str, ...]:
        """What an organisation is called by its believed cards: each name once, the newest last."""
        return self._names.get(organisation, ())

    def signed(self, organisation: str, serial: int) -> SignedCard | None:
        """A card that is believed, with why."""
        return self._known.get(organisation, {}).get(serial)

    async def learn(self, signed: SignedCard, *, organisation: str) -> Card:
        """Believe what is said to be a card of an organisation, if it may be believed.

        Raises:
            RecordBrokenError: `card-untrusted`.
            NetworkLiesError: `card-swapped`: another card of this serial, or one of another
                company's name, was believed before; `card-older`: a later one was.
        """
        claimed = _claimed(signed)
        if claimed is not None and self.signed(organisation, claimed.serial) == signed:
            return as_believed(signed)
        card = check_card(signed, roots=self._roots(), at=self._clock.now())
        if card.organisation != organisation:
            raise NetworkLiesError(
                f"as the card of {organisation} the network gave that of {card.organisation}",
                lie="card-swapped",
            )
        await self.pin(card, signed)
        return card

    async def ask(self, network: CloudNetwork, organisation: str) -> Card:
        """Learn an organisation's card from the network's directory.

        Raises:
            RecordBrokenError: `card-unknown`: there is none; `card-untrusted`.
            NetworkLiesError: as with `learn`.
            NetworkRefusedError: `account-unknown`: the network has no such organisation.
            NetworkError: the network does not say.
        """
        found = await network.organisation(organisation)
        if found is None:
            raise NetworkRefusedError(
                f"the network has no organisation {organisation}: ask the partner for its id, and "
                "send it anew",
                type="account-unknown",
            )
        if found.card is None:
            raise RecordBrokenError(
                f"the network has no card of {organisation}: its gateway publishes one when it "
                "starts",
                fault="card-unknown",
            )
        return await self.learn(found.card, organisation=organisation)

    async def pin(self, card: Card, signed: SignedCard) -> None:
        """Believe a card from now on; ours without roots, as we have made it ourselves."""
        await self._lane.write(lambda unit: self._pin(unit, card, signed))
        self._remember(card.organisation, card.serial, signed)
        _log.info("card_believed", organisation=card.organisation, serial=card.serial)

    def _pin(self, unit: Transaction, card: Card, signed: SignedCard) -> None:
        kept = _encode(signed)
        before = card_of(unit.connection, card.organisation, card.serial)
        if before is not None:
            if _signed.decode(before).card != signed.card:
                raise NetworkLiesError(
                    f"card {card.serial} of {card.organisation} is another than the one that we "
                    "have: ask the partner by another way which of the two is its own",
                    lie="card-swapped",
                )
            return
        newest = newest_serial(unit.connection, card.organisation)
        if newest is not None:
            self._refuse_another(unit, card, newest)
        put_card(unit, card.organisation, card.serial, kept, at=self._clock.now())

    def _refuse_another(self, unit: Transaction, card: Card, newest: int) -> None:
        """After the card `newest` of an organisation: an earlier one, or another company's."""
        if newest > card.serial:
            raise NetworkLiesError(
                f"the network gave card {card.serial} of {card.organisation}, which has had card "
                f"{newest} already",
                lie="card-older",
            )
        kept = card_of(unit.connection, card.organisation, newest)
        before = None if kept is None else _card.decode(_signed.decode(kept).card)
        if before is not None and not same_name(before.name, card.name):
            raise NetworkLiesError(
                f"as card {card.serial} of {card.organisation} the network gave one of "
                f"{card.name}, and it is {before.name}: ask the partner by another way. A company "
                "that has changed its name joins the network under another id",
                lie="card-swapped",
            )

    def _remember(self, organisation: str, serial: int, signed: SignedCard) -> None:
        known = self._known.setdefault(organisation, {})
        if serial not in known:
            known[serial] = signed
            cards = self._cards.setdefault(organisation, {})
            cards[serial] = as_believed(signed)
            newest_first = (cards[each].name for each in sorted(cards, reverse=True))
            self._names[organisation] = tuple(reversed(dict.fromkeys(newest_first)))


def _claimed(signed: SignedCard) -> Card | None:
    try:
        return decode(signed.card, Card)
    except msgspec.ValidationError:
        return None
