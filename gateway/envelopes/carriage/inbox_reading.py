"""How far the network's word about an envelope may be believed, entry by entry.

Nothing is written here: what was read is a value, and says where belief ended and why.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from cloud_bridge.envelopes import state as folding
from cloud_bridge.envelopes.chain import Entry, EnvelopeRecord, parse_link, terms_digest
from cloud_bridge.envelopes.model import OVER
from cloud_bridge.envelopes.record import extend, placed
from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.envelopes.statements import parse
from cloud_bridge.errors import (
    NetworkLiesError,
    NetworkRefusedError,
    NotAllowedError,
    RecordBrokenError,
)
from cloud_bridge.plain_json import decode
from gateway.envelopes.carriage.clock_agreement import CLOCKS_DIFFER
from gateway.envelopes.ground import Ground, Member
from gateway.envelopes.keeping.naming import Naming
from gateway.envelopes.keeping.troubles import NO_CARD, Trouble, trouble_of


@dataclass(frozen=True, slots=True)
class Reading:
    """How far entries could be believed; `trouble`: why no further."""

    state: EnvelopeState
    entries: tuple[Entry, ...] = ()
    trouble: Trouble | None = None


class InboxReader:
    """Reads what one of our companies is told."""

    def __init__(self, member: Member, ground: Ground, naming: Naming) -> None:
        self._member = member
        self._ground = ground
        self._naming = naming

    async def read(self, state: EnvelopeState, entries: Iterable[Entry]) -> Reading:
        """Extend the state by what is new and may be believed, up to the first that may not.

        Raises:
            NetworkAwayError: a card that is needed could not be fetched.
        """
        believed: list[Entry] = []
        for entry in sorted(entries, key=sequence_of):
            try:
                if self._is_known(state, entry):
                    continue
                after = await self._extended(state, entry)
                self._refuse_ahead(after)
            except (RecordBrokenError, NetworkLiesError) as error:
                return Reading(state, tuple(believed), trouble_of(error))
            state = after
            believed.append(entry)
        # The entries hold; whether those who are named are who they are, is another question.
        trouble = await self._naming.trouble(self._member.network, state)
        if trouble is not None and state.status in OVER:
            trouble = msgspec.structs.replace(trouble, holds=False)
        return Reading(state, tuple(believed), trouble)

    async def read_record(self, state: EnvelopeState, record: EnvelopeRecord) -> Reading:
        """Read all that the network holds of an envelope whose terms we know, see `read`."""
        if terms_digest(record.terms) != state.terms_digest:
            return Reading(
                state,
                trouble=Trouble("other-terms", "the network gives other terms than those we hold"),
            )
        return await self.read(state, record.entries)

    def begun(self, envelope: str, record: EnvelopeRecord) -> EnvelopeState:
        """Give the state before the first entry of an envelope that we did not know.

        Raises:
            RecordBrokenError: its terms are none, or another envelope's.
        """
        try:
            state = folding.begin(record.terms)
        except NotAllowedError as error:
            raise RecordBrokenError(f"the terms: {error}", fault="not-allowed") from error
        if state.terms.envelope != envelope:
            raise RecordBrokenError(
                f"asked for envelope {envelope} the network gave {state.terms.envelope}",
                fault="other-terms",
            )
        return state

    async def learn(self, record: EnvelopeRecord) -> list[str]:
        """Believe the cards that come with a record; gives why some may not be believed."""
        untrusted: list[str] = []
        for signed in record.cards:
            try:
                organisation = decode(signed.card, _Named).organisation
                await self._ground.cards.learn(signed, organisation=organisation)
            except msgspec.ValidationError as error:
                untrusted.append(f"a card cannot be read: {error}")
            except (RecordBrokenError, NetworkLiesError) as error:
                untrusted.append(str(error))
        return untrusted

    def _is_known(self, state: EnvelopeState, entry: Entry) -> bool:
        link = placed(entry, network_key=self._member.network_key)
        if link.envelope != state.terms.envelope or not 1 <= link.sequence <= state.sequence:
            return False
        if state.hashes[link.sequence - 1] != entry.hash:
            raise RecordBrokenError(
                f"the network has signed two entries {link.sequence} of envelope {link.envelope}: "
                "compare your transcript with the partner's (sealgate envelope compare)",
                fault="forked",
            )
        return True

    def _refuse_ahead(self, after: EnvelopeState) -> None:
        """Whoever dates what it says at will ends an envelope before its time is over."""
        now = self._ground.clock.now()
        if after.at is not None and after.at > now + CLOCKS_DIFFER:
            raise RecordBrokenError(
                f"entry {after.sequence} is dated {after.at.isoformat()}, and it is "
                f"{now.isoformat()} here: the network's clock is wrong, or ours, or what it says. "
                "It counts from that moment on, if it still stands there then",
                fault="time",
            )

    async def _extended(self, state: EnvelopeState, entry: Entry) -> EnvelopeState:
        key, cards = self._member.network_key, self._ground.cards
        try:
            return extend(state, entry, network_key=key, cards=cards)
        except RecordBrokenError as broken:
            if broken.fault != NO_CARD:
                raise
        # Its author has renewed its card, or is new to us: the directory may have it.
        author = parse(entry.signed).author
        try:
            await cards.ask(self._member.network, author)
        except NetworkRefusedError as refused:
            raise RecordBrokenError(str(refused), fault=NO_CARD) from refused
        return extend(state, entry, network_key=key, cards=cards)


def sequence_of(entry: Entry) -> int:
    """Where an entry says that it stands; what cannot be read comes first, and is refused."""
    try:
        return parse_link(entry).sequence
    except msgspec.ValidationError:
        return 0


class _Named(msgspec.Struct):
    organisation: str
