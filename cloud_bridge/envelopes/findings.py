"""What was found in a transcript, and what could not be told by what the verifier gave."""

from collections.abc import Mapping
from typing import Literal

from cloud_bridge.envelopes.documents import SignatureFound
from cloud_bridge.envelopes.model import EnvelopeState
from cloud_bridge.model import NetworkIdentity, Value


class Finding(Value, frozen=True):
    """One thing that does not hold.

    Attributes:
        fault: a word of `RecordBrokenError`.
        words: what, and what it means.
        entry: the place in the file, from 1; 0: it is not of one entry.
        untold: it may hold by another key of the network or another root than the verifier gave.
    """

    fault: str
    words: str
    entry: int = 0
    untold: bool = False


class Rootless(Value, frozen=True):
    """An organisation for which no root of the verifier's vouches.

    Attributes:
        organisation: its id on the network.
        name: as its card has it, which nothing proves.
        words: what is missing.
    """

    organisation: str
    name: str
    words: str


class TranscriptFindings(Value, frozen=True):
    """What was found.

    Attributes:
        findings: everything that does not hold; empty: it all holds.
        network: who the file says that the network is; None: it could not be read.
        network_key: `pinned`: entries were verified by the key that the verifier brought; `file`:
            by the one in the file, so that nothing says whose network it is.
        state: as far as the entries hold, from the first on; None: not even the terms do.
        believed: the names of organisations whose cards lead to a root, by their ids.
        documents: the names of documents that were given, and hold.
        signatures: those in the documents that were given.
        voided_by: the cancellation agreement's envelope, by the network's word; empty: none.
        entries: how many the file has; `state` is after fewer where one does not hold.
        other_network: the file is by another network's key than the verifier brought: its entries
            say nothing by that one.
        rootless: organisations for which no root vouches.
    """

    findings: tuple[Finding, ...]
    network: NetworkIdentity | None
    network_key: Literal["pinned", "file"]
    state: EnvelopeState | None
    believed: Mapping[str, str]
    documents: tuple[str, ...] = ()
    signatures: tuple[SignatureFound, ...] = ()
    voided_by: str = ""
    entries: int = 0
    other_network: bool = False
    rootless: tuple[Rootless, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether everything holds."""
        return not self.findings

    @property
    def is_untold(self) -> bool:
        """Whether it may hold by another key or other roots, and by these it cannot be told."""
        return bool(self.findings) and all(each.untold for each in self.findings)
