"""The record of an envelope as a file, and what somebody finds who verifies it without anybody.

The file is JSON, described in docs/transcript.md so that others can verify it with tools of their
own. It holds no document; who has them gives them along.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from cloud_bridge.cards import check_card
from cloud_bridge.envelopes import statements
from cloud_bridge.envelopes.chain import Entry, EnvelopeRecord, Link
from cloud_bridge.envelopes.documents import faults_of_document
from cloud_bridge.envelopes.model import EnvelopeState
from cloud_bridge.envelopes.record import extend, placed
from cloud_bridge.envelopes.state import begin
from cloud_bridge.envelopes.statements import NETWORK
from cloud_bridge.errors import NotAllowedError, RecordBrokenError
from cloud_bridge.model import Card, NetworkIdentity, Value

FORMAT: Final = "sealgate transcript v1"
LARGEST: Final = 256 << 20
"""Bytes of a file that is read."""
_CLOCKS_DIFFER: Final = timedelta(minutes=5)


class Transcript(Value, frozen=True):
    """The file. `format` is `FORMAT`."""

    format: str
    network: NetworkIdentity
    record: EnvelopeRecord


class Finding(Value, frozen=True):
    """One thing that does not hold.

    Attributes:
        fault: a word of `RecordBrokenError`, or `unreadable`: it is no transcript.
        words: what, and what it means.
        entry: the place in the file, from 1; 0: it is not of one entry.
    """

    fault: str
    words: str
    entry: int = 0


class TranscriptFindings(Value, frozen=True):
    """What was found.

    Attributes:
        findings: everything that does not hold, in the order of the file; empty: it all holds.
        network: who the file says that the network is; None: it could not be read.
        network_key: `pinned`: entries were verified by the key that the verifier brought; `file`:
            by the one in the file, so that only the organisations' own statements are proved.
        state: as far as the entries hold, from the first on; None: not even the terms do.
        believed: the names of organisations whose cards lead to a root, by their ids.
        documents: the names of documents that were given and are the final ones.
    """

    findings: tuple[Finding, ...]
    network: NetworkIdentity | None
    network_key: Literal["pinned", "file"]
    state: EnvelopeState | None
    believed: Mapping[str, str]
    documents: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether everything holds."""
        return not self.findings


class Difference(Value, frozen=True):
    """Where two records of one envelope differ first.

    Attributes:
        kind: `forked`: each has another entry there, and the network has signed both; `missing`:
            one ends before it; `other-envelope`: they are not of the same terms.
        sequence: of that entry; 0: of none.
        words: what it means.
    """

    kind: Literal["forked", "missing", "other-envelope"]
    sequence: int
    words: str


def write(network: NetworkIdentity, record: EnvelopeRecord) -> bytes:
    """The file."""
    return msgspec.json.encode(Transcript(format=FORMAT, network=network, record=record))


def read(file: bytes) -> Transcript:
    """What the file says; nothing in it is verified.

    Raises:
        RecordBrokenError: `unreadable`: it is no transcript, or of a later format.
    """
    if len(file) > LARGEST:
        raise RecordBrokenError(f"it is larger than {LARGEST} bytes", fault="unreadable")
    try:
        transcript = msgspec.json.decode(file, type=Transcript)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RecordBrokenError(f"it is no transcript: {error}", fault="unreadable") from error
    if transcript.format != FORMAT:
        raise RecordBrokenError(
            f"its format is {transcript.format!r}, this program reads {FORMAT!r}",
            fault="unreadable",
        )
    return transcript


def verify(
    file: bytes,
    *,
    roots: Sequence[bytes],
    at: datetime,
    documents: Mapping[str, bytes],
    network_key: str | None = None,
) -> TranscriptFindings:
    """Everything that does not hold; never raises for a bad file.

    Args:
        file: the transcript.
        roots: certificates that say who an organisation is, DER.
        at: the present moment; nothing in the file can lie after it. Cards and their certificates
            are judged at the moment of the first entry that they sign.
        documents: those that the verifier has, as they are now, by their names in the terms.
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
    return TranscriptFindings(
        findings=tuple(verifier.findings),
        network=transcript.network,
        network_key="file" if network_key is None else "pinned",
        state=verifier.state,
        believed={each.organisation: each.name for each in verifier.cards.values()},
        documents=tuple(verifier.documents),
    )


def compare(mine: bytes, theirs: bytes) -> Difference | None:
    """Where two transcripts differ first; None: they hold the same. Each is verified by itself.

    Raises:
        RecordBrokenError: `unreadable`: one of them is none.
    """
    ours, others = read(mine).record, read(theirs).record
    if ours.terms != others.terms:
        return Difference(
            kind="other-envelope", sequence=0, words="they are of different envelopes or terms"
        )
    for number, (one, other) in enumerate(zip(ours.entries, others.entries, strict=False), 1):
        if one != other:
            words = f"entry {number} is another in each: the network has told two stories"
            return Difference(kind="forked", sequence=number, words=words)
    lengths = len(ours.entries), len(others.entries)
    if lengths[0] == lengths[1]:
        return None
    shorter = "ours" if lengths[0] < lengths[1] else "theirs"
    number = min(lengths) + 1
    words = f"{shorter} ends before entry {number}: what came since is missing there"
    return Difference(kind="missing", sequence=number, words=words)


class _Verifier:
    """Walks through a transcript once, and notes what does not hold."""

    def __init__(
        self,
        transcript: Transcript,
        roots: Sequence[bytes],
        at: datetime,
        network_key: str | None,
    ) -> None:
        self.findings: list[Finding] = []
        self.state: EnvelopeState | None = None
        self.cards: dict[tuple[str, int], Card] = {}
        self.documents: list[str] = []
        self._record = transcript.record
        self._key = transcript.network.signing_key if network_key is None else network_key
        self._roots = roots
        self._at = at
        self._moments: dict[tuple[str, int], datetime] = {}

    def judge(self, documents: Mapping[str, bytes]) -> None:
        links = self._chain()
        self._believe_cards()
        whole = self._fold(links)
        if self.state is not None and whole:
            self._documents(self.state, documents)

    def card(self, organisation: str, serial: int) -> Card | None:
        return self.cards.get((organisation, serial))

    def _chain(self) -> list[Link | None]:
        """Each entry by itself, and whether it follows the one that stands before it."""
        links: list[Link | None] = []
        before: tuple[Entry, Link] | None = None
        for number, entry in enumerate(self._record.entries, 1):
            try:
                link = placed(entry, network_key=self._key)
            except RecordBrokenError as error:
                self._note(error.fault, str(error), number)
                links.append(None)
                before = None
                continue
            self._follows(number, link, before, first=number == 1)
            self._author(entry, link)
            links.append(link)
            before = entry, link
        return links

    def _follows(
        self, number: int, link: Link, before: tuple[Entry, Link] | None, *, first: bool
    ) -> None:
        if link.at > self._at + _CLOCKS_DIFFER:
            words = f"it is of {link.at.isoformat()}, which lies ahead"
            self._note("time", words, number)
        if before is None:
            if first and (link.sequence != 1 or link.previous):
                words = f"the first in the file is entry {link.sequence}: those before are missing"
                self._note("gap", words, number)
            return
        last_entry, last = before
        if link.sequence > last.sequence + 1:
            words = f"after entry {last.sequence} comes {link.sequence}: what was between is gone"
            self._note("gap", words, number)
        elif link.sequence <= last.sequence:
            words = f"after entry {last.sequence} comes {link.sequence}: twice, or in another order"
            self._note("order", words, number)
        elif link.previous != last_entry.hash:
            words = "it follows another entry than the one before it: the network told two stories"
            self._note("forked", words, number)
        if link.at < last.at:
            self._note("time", "it is older than the one before it", number)

    def _author(self, entry: Entry, link: Link) -> None:
        """Remember when a card is first used."""
        try:
            author = statements.parse(entry.signed).author
        except (msgspec.DecodeError, UnicodeDecodeError):
            return
        if author != NETWORK:
            self._moments.setdefault((author, entry.signed.card), link.at)

    def _believe_cards(self) -> None:
        for each in self._record.cards:
            try:
                told = msgspec.json.decode(each.card, type=Card)
                name = (told.organisation, told.serial)
                card = check_card(each, roots=self._roots, at=self._moments.get(name, self._at))
            except RecordBrokenError as error:
                self._note(error.fault, str(error), 0)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                self._note("card-untrusted", f"a card cannot be read: {error}", 0)
            else:
                if self.cards.setdefault(name, card) != card:
                    words = f"{card.organisation} has two cards with serial {card.serial}"
                    self._note("card-untrusted", words, 0)

    def _fold(self, links: Sequence[Link | None]) -> bool:
        """Fold from the first entry on, to the first that does not hold. Whether none was so."""
        try:
            self.state = begin(self._record.terms)
        except NotAllowedError as error:
            self._note("not-allowed", f"the terms: {error}", 0)
            return False
        if not self._record.entries:
            self._note("gap", "it has no entry: the envelope was never sent", 0)
        for number, (entry, link) in enumerate(zip(self._record.entries, links, strict=True), 1):
            if link is None:
                return False
            try:
                self.state = extend(self.state, entry, network_key=self._key, cards=self)
            except RecordBrokenError as error:
                if not any(each.entry == number for each in self.findings):
                    self._note(error.fault, str(error), number)
                return False
        return True

    def _documents(self, state: EnvelopeState, documents: Mapping[str, bytes]) -> None:
        for name, content in documents.items():
            faults = list(faults_of_document(state, name, content))
            for words in faults:
                self._note("document", f"{name}: {words}", 0)
            if not faults:
                self.documents.append(name)

    def _note(self, fault: str, words: str, entry: int) -> None:
        self.findings.append(Finding(fault=fault, words=words, entry=entry))
