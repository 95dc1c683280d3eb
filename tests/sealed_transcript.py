"""A transcript of two companies whose cards and documents are signed with real certificates."""

from dataclasses import dataclass

from cloud_bridge.envelopes.chain import Entry
from cloud_bridge.envelopes.statements import NETWORK, Acknowledged, Completed, Opened
from cloud_bridge.envelopes.transcript import write
from cloud_bridge.model import NetworkIdentity, SignedCard
from tests.envelope_parties import Envelope
from tests.seals_of_companies import Certified, authority, certify, sign_card


@dataclass
class SealedTranscript:
    """An envelope that both companies have signed and acknowledged."""

    envelope: Envelope
    root: Certified
    cards: tuple[SignedCard, ...]

    @property
    def identity(self) -> NetworkIdentity:
        return NetworkIdentity(name="签约网络", signing_key=self.envelope.network.public)

    def file(
        self, *, entries: list[Entry] | None = None, cards: tuple[SignedCard, ...] | None = None
    ) -> bytes:
        kept = self.envelope.entries
        self.envelope.entries = kept if entries is None else entries
        record = self.envelope.record(*(self.cards if cards is None else cards))
        self.envelope.entries = kept
        return write(self.identity, record)


def make_sealed_transcript() -> SealedTranscript:
    envelope = Envelope().send()
    root = authority()
    cards = tuple(
        sign_card(company.card, certify(company.name, by=root))
        for company in envelope.companies.values()
        if company.id != "org-third"
    )
    envelope.say(Opened(), by="org-buyer", party="buyer")
    envelope.sign("buyer")
    envelope.say(Opened(), by="org-seller", party="seller")
    envelope.sign("seller")
    envelope.say(Completed(final=dict(envelope.state.current)), by=NETWORK)
    for company in ("org-buyer", "org-seller"):
        head = Acknowledged(sequence=envelope.state.sequence, head=envelope.state.head)
        envelope.say(head, by=company)
    return SealedTranscript(envelope=envelope, root=root, cards=cards)
