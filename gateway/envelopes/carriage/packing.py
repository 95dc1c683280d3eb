"""A document as the terms say that it travels: encrypted, open, or not by the network at all."""

from collections.abc import Sequence
from typing import Final

from cloud_bridge.cards import is_of
from cloud_bridge.encryption import encrypt, plain
from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.errors import RecordBrokenError
from cloud_bridge.model import Card
from cloud_bridge.wire import Content, Parcel
from gateway.envelopes.carriage.owed import envelope_in, statement_in
from gateway.envelopes.ground import Ground, Member
from gateway.store.rows.envelope_contents import ContentRow
from gateway.store.rows.envelope_owed import OwedEnvelopeRow

_MOST_TOGETHER_BYTES: Final = 4 * 1024 * 1024
"""Of documents that leave in one request; more is not held in memory at once."""


class Packing:
    """Makes contents of what one of our companies has in its envelopes."""

    def __init__(self, member: Member, ground: Ground) -> None:
        self._member = member
        self._ground = ground

    async def packed(self, envelope: str, digest: str) -> Content | None:
        """A document of an envelope, for the cards that are believed now; None: it stays here.

        Raises:
            RecordBrokenError: the document is not here, or a card is not believed.
            NetworkAwayError: a card had to be asked for, and nobody answers.
            StoreProblem: the document cannot be read.
        """
        return await self._made(await self._kept(envelope, digest))

    async def parcel(self, rows: Sequence[OwedEnvelopeRow]) -> Parcel | None:
        """Contents, and last what stands on them, in one.

        None: no content leaves, or they are too large to leave together.

        Raises: as `packed`.
        """
        *contents, last = rows
        kept = [await self._kept(each.envelope, each.key) for each in contents]
        if sum(each.size for each in kept) > _MOST_TOGETHER_BYTES:
            return None
        made = [await self._made(each) for each in kept]
        brought = tuple(each for each in made if each is not None)
        if not brought:
            return None
        if last.kind == "statement":
            return Parcel(statement=statement_in(last), contents=brought)
        new = envelope_in(last)
        return Parcel(statement=new.sent, terms=new.terms, contents=brought)

    async def _kept(self, envelope: str, digest: str) -> ContentRow:
        organisation = self._member.organisation
        kept = await self._ground.contents.by_digest(organisation, envelope, digest)
        if kept is None:
            raise _not_here(digest)
        return kept

    async def _made(self, kept: ContentRow) -> Content | None:
        envelope = kept.envelope
        state = await self._ground.records.state(self._member.organisation, envelope)
        if state is None:
            raise _not_here(kept.digest)
        if state.terms.mode == "digest":
            return None
        document = await self._ground.content.get(kept.location, kept.size)
        if state.terms.mode == "open":
            return plain(document, envelope=envelope)
        return encrypt(document, envelope=envelope, cards=await self._cards(state))

    async def _cards(self, state: EnvelopeState) -> list[Card]:
        """Of every organisation of the envelope, ours among them, as they are now."""
        cards: list[Card] = []
        for organisation in sorted(state.organisations):
            known = self._ground.cards.newest(organisation)
            if known is None or known.expires_at <= self._ground.clock.now():
                known = await self._ground.cards.ask(self._member.network, organisation)
            self._refuse_other_company(state, known)
            cards.append(known)
        return cards

    def _refuse_other_company(self, state: EnvelopeState, card: Card) -> None:
        """What is for a company by its name is encrypted to no other, whatever its id."""
        if card.organisation == self._member.organisation:
            return
        names = {each.party.name for each in state.parties_of(card.organisation)}
        signed = self._ground.cards.signed(card.organisation, card.serial)
        if signed is None or not is_of(signed, names):
            raise RecordBrokenError(
                f"the card of {card.organisation} is of {card.name}, and the envelope is for "
                f"{', '.join(sorted(names))}: nothing is encrypted to it. Ask the partner by "
                "another way for its id and its name",
                fault="card-untrusted",
            )


def _not_here(digest: str) -> RecordBrokenError:
    return RecordBrokenError(
        f"the document with SHA-256 {digest} is owed and not here", fault="document"
    )
