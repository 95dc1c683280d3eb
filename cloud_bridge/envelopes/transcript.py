"""What somebody finds who verifies the record of an envelope without asking anybody.

First each entry by itself and in its place (`_judge_places`), then the cards, then the authors'
signatures, then whether the envelope's rules let each be said (the fold), then the documents. So a
file with several faults has each of them named, and not only the first.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from cloud_bridge.cards import check_card, is_of
from cloud_bridge.envelopes.chain import Entry, Link
from cloud_bridge.envelopes.comparing import Difference, compare
from cloud_bridge.envelopes.documents import (
    DocumentFault,
    SignatureFound,
    Signing,
    judge_document,
    name_in_terms,
)
from cloud_bridge.envelopes.findings import Finding, Rootless, TranscriptFindings
from cloud_bridge.envelopes.model import EnvelopeState
from cloud_bridge.envelopes.record import authored, extend, placed
from cloud_bridge.envelopes.state import begin
from cloud_bridge.envelopes.statements import NETWORK, Signed, Voided, parse
from cloud_bridge.envelopes.transcript_file import Transcript, read, write
from cloud_bridge.errors import CardWithoutRootError, NotAllowedError, RecordBrokenError
from cloud_bridge.model import Card, SignedCard
from cloud_bridge.names import misnamed
from cloud_bridge.plain_json import decode

__all__ = [
    "Difference",
    "Finding",
    "Transcript",
    "TranscriptFindings",
    "compare",
    "read",
    "verify",
    "write",
]

_CLOCKS_DIFFER: Final = timedelta(minutes=5)


def verify(
    file: bytes,
    *,
    roots: Sequence[bytes],
    at: datetime,
    documents: Mapping[str, bytes],
    network_key: str | None = None,
) -> TranscriptFindings:
    """Everything that does not hold; never raises for a bad file.

    A record that ends early holds as far as it goes: look at `state`, or `compare`.

    Args:
        file: the transcript.
        roots: certificates that say who an organisation is, DER.
        at: the present moment; nothing in the file can lie after it. Cards and certificates are
            judged at the moment of the first entry that they sign.
        documents: those that the verifier has, as they are now, by their names in the terms; a file
            of another name is known by its digest.
        network_key: the network's key, as the verifier knows it; None: believe the file.
    """
    try:
        transcript = read(file)
    except RecordBrokenError as error:
        return TranscriptFindings(
            findings=(Finding(fault=error.fault, words=str(error)),),
            network=None,
            network_key="file" if network_key is None else "pinned",
            state=None,
            believed={},
        )
    verifier = _Verifier(transcript, roots, at, network_key)
    verifier.judge(documents)
    is_known = not verifier.other_network  # what another network said proves nothing
    return TranscriptFindings(
        findings=tuple(verifier.findings),
        network=transcript.network,
        network_key="file" if network_key is None else "pinned",
        state=verifier.state if is_known else None,
        believed={each.organisation: each.name for each in verifier.cards.values()},
        documents=tuple(verifier.documents),
        signatures=tuple(verifier.signatures),
        voided_by=verifier.voided_by if is_known else "",
        entries=len(transcript.record.entries),
        other_network=verifier.other_network,
        rootless=tuple(verifier.rootless.values()),
    )


class _Verifier:
    """Walks through a transcript, and notes what does not hold. Is the book of its cards."""

    def __init__(
        self, transcript: Transcript, roots: Sequence[bytes], at: datetime, network_key: str | None
    ) -> None:
        self.findings: list[Finding] = []
        self.state: EnvelopeState | None = None
        self.cards: dict[tuple[str, int], Card] = {}
        self._proofs: dict[tuple[str, int], SignedCard] = {}
        self.documents: list[str] = []
        self.signatures: list[SignatureFound] = []
        self.voided_by = ""
        self.other_network = False
        self.rootless: dict[tuple[str, int], Rootless] = {}
        self._record = transcript.record
        self._key = transcript.network.signing_key if network_key is None else network_key
        self._roots = roots
        self._at = at
        self._record_key = transcript.network.signing_key
        self._names_another_key = self._key != self._record_key

    def judge(self, documents: Mapping[str, bytes]) -> None:
        if self._names_another_key:
            # Where the known key has signed an entry, the file was altered.
            self.other_network = not any(map(self._is_by_the_known_key, self._record.entries))
            words = "the file names another network's key than is known"
            self._note("network-signature", words, untold=self.other_network)
            if self.other_network:
                # What does not hold by the key that it names itself holds by none.
                self._key = self._record_key
        links = self._judge_places()
        self._judge_cards(self._first_uses(links))
        self._judge_authors(links)
        signings = self._fold()
        if self.state is None:
            return
        self._judge_names(self.state)
        for file, content in documents.items():
            if signings is None or self.other_network:
                words = f"{file}: which one it must be cannot be told before the entries hold"
                self._note("document", words, untold=all(each.untold for each in self.findings))
            else:
                name = name_in_terms(self.state, file, content)
                self._judge_document(self.state, signings, name, content)

    def card(self, organisation: str, serial: int) -> Card | None:
        """Those that were believed."""
        return self.cards.get((organisation, serial))

    def _judge_places(self) -> list[Link | None]:
        """Whether each entry is the network's, and follows the one that stands before it."""
        links: list[Link | None] = []
        head = ""
        before: Link | None = None
        for number, entry in enumerate(self._record.entries, 1):
            try:
                link = placed(entry, network_key=self._key)
            except RecordBrokenError as error:
                self._note(error.fault, str(error), number)
                links.append(None)
                continue
            if number == 1 or links[-1] is not None:
                self._judge_place(number, link, before, head)
            if link.at > self._at + _CLOCKS_DIFFER:
                self._note("time", f"it is of {link.at.isoformat()}, which lies ahead", number)
            links.append(link)
            head, before = entry.hash, link
        return links

    def _judge_place(self, number: int, link: Link, before: Link | None, head: str) -> None:
        last = 0 if before is None else before.sequence
        if link.sequence > last + 1:
            words = f"after entry {last} comes {link.sequence}: what was between is gone"
            self._note("gap", words, number)
        elif link.sequence <= last:
            words = f"after entry {last} comes {link.sequence}: twice, or out of order"
            self._note("order", words, number)
        elif link.previous != head:
            words = "it follows another entry than the one before it: the network told two stories"
            self._note("forked", words, number)
        elif before is not None and link.at < before.at:
            self._note("time", "it is older than the one before it", number)

    def _first_uses(self, links: Sequence[Link | None]) -> dict[tuple[str, int], datetime]:
        uses: dict[tuple[str, int], datetime] = {}
        for entry, link in zip(self._record.entries, links, strict=True):
            author = _author(entry)
            if link is not None and author is not None:
                uses.setdefault((author, entry.signed.card), link.at)
        return uses

    def _judge_cards(self, first_uses: Mapping[tuple[str, int], datetime]) -> None:
        for each in self._record.cards:
            try:
                told = decode(each.card, Card)
            except msgspec.ValidationError as error:
                self._note("card-untrusted", f"a card cannot be read: {error}")
                continue
            name = told.organisation, told.serial
            try:
                card = check_card(each, roots=self._roots, at=first_uses.get(name, self._at))
            except CardWithoutRootError as error:
                why = str(error.__cause__)
                self.rootless[name] = Rootless(organisation=name[0], name=told.name, words=why)
                self._note(error.fault, str(error), untold=True)
            except RecordBrokenError as error:
                self._note(error.fault, str(error))
            else:
                self._proofs.setdefault(name, each)
                if self.cards.setdefault(name, card) != card:
                    words = f"{card.organisation} has two cards with serial {card.serial}"
                    self._note("card-untrusted", words)

    def _judge_authors(self, links: Sequence[Link | None]) -> None:
        for number, (entry, link) in enumerate(zip(self._record.entries, links, strict=True), 1):
            if link is not None:
                try:
                    authored(entry, link, network_key=self._key, cards=self)
                except RecordBrokenError as error:
                    card = _author(entry) or "", entry.signed.card
                    untold = error.fault == "card-unknown" and card in self.rootless
                    self._note(error.fault, str(error), number, untold=untold)

    def _judge_names(self, state: EnvelopeState) -> None:
        """Whether each organisation is called what its cards, that are believed, say."""
        for each in state.parties:
            account = each.party.account
            names = [card.name for card in self.cards.values() if card.organisation == account]
            wrong = misnamed(each.party, names) if names else None
            is_told = any(found.fault == "party-name" for found in self.findings)
            if wrong is not None and not is_told:
                self._note("party-name", f"{wrong} by the card that its seal has signed")

    def _fold(self) -> list[Signing] | None:
        """Fold up to the first entry that does not hold; None: there is one."""
        try:
            self.state = begin(self._record.terms)
        except NotAllowedError as error:
            self._note("not-allowed", f"the terms: {error}")
            return None
        if not self._record.entries:
            self._note("gap", "it has no entry: the envelope was never sent")
        signings: list[Signing] = []
        for number, entry in enumerate(self._record.entries, 1):
            before = self.state
            try:
                self.state = extend(self.state, entry, network_key=self._key, cards=self)
            except RecordBrokenError as error:
                if not any(each.entry == number for each in self.findings):
                    self._note(error.fault, str(error), number)
                return None
            self._judge_name(number, entry, before)
            act = parse(entry.signed).act
            self.voided_by = act.by if isinstance(act, Voided) else self.voided_by
            signings.extend(_signings(number, entry, self.state))
        return signings

    def _judge_name(self, number: int, entry: Entry, before: EnvelopeState) -> None:
        """Whether who speaks for a party bears its name: an id on the network is no name."""
        author = _author(entry)
        proof = None if author is None else self._proofs.get((author, entry.signed.card))
        if author is None or proof is None:
            return
        names = {each.party.name for each in before.parties_of(author)}
        if not is_of(proof, names):
            told = ", ".join(sorted(names))
            words = f"{author} speaks by a card of another company than {told}"
            self._note("party-name", words, number)

    def _judge_document(
        self, state: EnvelopeState, signings: Sequence[Signing], name: str, content: bytes
    ) -> None:
        faults = len(self.findings)
        for found in judge_document(state, signings, name, content, roots=self._roots):
            match found:
                case DocumentFault(words=words, entry=entry, lacks_root=lacks_root):
                    self._note("document", f"{name}: {words}", entry, untold=lacks_root)
                case SignatureFound():
                    self.signatures.append(found)
        if len(self.findings) == faults:
            self.documents.append(name)

    def _is_by_the_known_key(self, entry: Entry) -> bool:
        try:
            placed(entry, network_key=self._key)
        except RecordBrokenError as error:
            return error.fault != "network-signature"
        return True

    def _note(self, fault: str, words: str, entry: int = 0, *, untold: bool = False) -> None:
        found = Finding(fault=fault, words=words, entry=entry, untold=untold)
        self.findings.append(found)


def _author(entry: Entry) -> str | None:
    try:
        author = parse(entry.signed).author
    except msgspec.ValidationError:
        return None
    return None if author == NETWORK else author


def _signings(number: int, entry: Entry, state: EnvelopeState) -> Sequence[Signing]:
    statement = parse(entry.signed)
    each = state.party(statement.party)
    if not isinstance(statement.act, Signed) or each is None or state.at is None:
        return ()
    return (Signing(entry=number, party=each.party, at=state.at),)
