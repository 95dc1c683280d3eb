"""Companies are called what their cards call them; before anything is judged, shown or signed.

What the terms say of a name is a stranger's word. What a card says was signed by the seal whose
certificate bears the name, and leads to a root that we trust.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.errors import (
    NetworkAwayError,
    NetworkError,
    NetworkLiesError,
    NetworkRefusedError,
    RecordBrokenError,
)
from cloud_bridge.interfaces import CloudNetwork
from cloud_bridge.model import Party
from cloud_bridge.names import misnamed
from gateway.envelopes.errors import PartyNameProblem, PartyUnknownProblem, PersonUnknownProblem
from gateway.envelopes.keeping.troubles import LONGEST, NO_CARD, Trouble, trouble_of
from gateway.envelopes.partners.cards import Cards


class Named(NamedTuple):
    """Parties with their names; `unasked`: the ids of those for whom nobody could be asked."""

    parties: tuple[Party, ...]
    unasked: tuple[str, ...]


class Naming:
    """Compares what companies are called with their believed cards."""

    def __init__(self, cards: Cards) -> None:
        self._cards = cards

    async def trouble(self, network: CloudNetwork, state: EnvelopeState) -> Trouble | None:
        """Why an envelope is not to be believed; None: each company is called what it is.

        A company that we have no fitting card of is asked for at the network.

        Raises:
            NetworkAwayError: the network does not say.
        """
        for each in state.parties:
            if not self._is_wrong(each.party):
                continue
            try:
                await self._cards.ask(network, each.party.account)
            except (RecordBrokenError, NetworkLiesError) as error:
                return trouble_of(error)
            except NetworkRefusedError as refused:
                return Trouble(NO_CARD, str(refused)[:LONGEST])
            wrong = misnamed(each.party, self._cards.names(each.party.account))
            if wrong is not None:
                words = f"{wrong} by the card that its seal has signed; nothing is signed here"
                return Trouble("party-name", words[:LONGEST])
        return None

    def refuse(self, state: EnvelopeState) -> None:
        """See that each company of an envelope is called what it is, as far as we know it.

        Raises:
            PartyNameProblem: one is not, or nothing says what it is.
        """
        for wrong in self._wrong([each.party for each in state.parties]):
            raise PartyNameProblem(wrong)

    def name(self, party: Party) -> str:
        """What a party is called: of a company, by its newest card, if we have one."""
        card = self._cards.newest(party.account) if party.kind == "organisation" else None
        return party.name if card is None else card.name

    async def named(self, network: CloudNetwork | None, parties: Sequence[Party]) -> Named:
        """The parties of a new envelope of ours, those without a name by their cards.

        What cannot be asked now is left as it is, and seen to before anybody signs.

        Args:
            network: which knows what we do not; None: it does not answer.
            parties: as a caller names them.

        Raises:
            PartyUnknownProblem: the network has no such organisation.
            PersonUnknownProblem: it has no such person.
            PartyNameProblem: it is called otherwise.
        """
        named: list[Party] = []
        unasked: list[str] = []
        for each in parties:
            if each.kind == "person":
                found = await self._person_is_there(network, each)
                named.append(each)
            else:
                now = await self._named(network, each)
                found = now is not None
                named.append(now or each)
            if not found:
                unasked.append(each.id)
        return Named(tuple(named), tuple(unasked))

    async def _person_is_there(self, network: CloudNetwork | None, party: Party) -> bool:
        """Whether that is known; False: it cannot be asked now."""
        if network is None:
            return False
        try:
            found = await network.person_of(party.account)
        except NetworkError:
            return False  # told once it is sent, with what to do
        if found is None:
            who = f"party {party.id}, {party.name}" if party.name else f"party {party.id}"
            raise PersonUnknownProblem(f"the network has no person {party.account} ({who})")
        return True

    async def _named(self, network: CloudNetwork | None, party: Party) -> Party | None:
        """With its name; None: what it is called cannot be asked now."""
        if party.kind != "organisation" or (party.name and not self._is_wrong(party)):
            return party
        names = await self._asked(network, party)
        if not names:
            return None
        named = party if party.name else replace(party, name=names[-1])
        wrong = misnamed(named, names)
        if wrong is not None:
            raise PartyNameProblem(wrong)
        return named

    async def _asked(self, network: CloudNetwork | None, party: Party) -> Sequence[str]:
        """What a company is called by its cards, or else by the network; empty: not to be told."""
        known = self._cards.names(party.account)
        if network is None:
            return known
        try:
            found = await network.organisation(party.account)
            if found is None:
                raise PartyUnknownProblem(
                    f"the network has no organisation {party.account} (party {party.id})"
                )
            if found.card is not None:
                await self._cards.learn(found.card, organisation=party.account)
        except NetworkAwayError:
            return known
        except (RecordBrokenError, NetworkError):
            return known  # told once it is sent, with what to do
        return self._cards.names(party.account) or (found.name,)

    def _is_wrong(self, party: Party) -> bool:
        return any(True for _ in self._wrong([party]))

    def _wrong(self, parties: Sequence[Party]) -> Iterator[str]:
        found = (misnamed(each, self._cards.names(each.account)) for each in parties)
        return (each for each in found if each is not None)
