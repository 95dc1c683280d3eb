"""An envelope as deliveries see it: its state, the bearer, and what the goods are."""

from dataclasses import dataclass
from datetime import datetime

from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.model import Delivery as DeliveryTerms
from cloud_bridge.model import Party
from cloud_bridge.network.deliveries.problems import LabelRefusedProblem
from cloud_bridge.network.interfaces import EnvelopeBook
from cloud_bridge.network.problems import EnvelopeUnknownProblem


@dataclass(frozen=True, slots=True)
class Consignment:
    """A delivery's envelope at a moment.

    Attributes:
        state: of the envelope.
        party: the bearer, as it stands now.
        terms: what the goods are.
    """

    state: EnvelopeState
    party: Party
    terms: DeliveryTerms

    def over(self, at: datetime) -> str:
        """Why nothing can be signed any more, a word; empty: it can.

        `taken`: the bearer has signed; else the envelope's status, or `expired`.
        """
        if self.state.status != "signing":
            return self.state.status
        if self.state.terms.expires_at <= at:
            return "expired"
        own = self.state.party(self.party.id)
        return "" if own is not None and own.missing else "taken"


async def consignment(book: EnvelopeBook, envelope: str, party: str) -> Consignment:
    """The consignment as it is now.

    Raises:
        EnvelopeUnknownProblem: there is no such envelope.
        LabelRefusedProblem: it has no such bearer, or tells of no goods.
    """
    state = await book.state(envelope)
    if state is None:
        raise EnvelopeUnknownProblem(f"there is no envelope {envelope!r}")
    found = state.party(party)
    if found is None or found.party.kind != "bearer":
        raise LabelRefusedProblem(f"{party!r} is no party of kind `bearer`")
    if state.terms.delivery is None:
        raise LabelRefusedProblem("the envelope tells of no delivery")
    return Consignment(state=state, party=found.party, terms=state.terms.delivery)
