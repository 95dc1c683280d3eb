"""Two companies' records of one envelope, held against each other.

A network is accused of nothing that a file alone could have done: that it has told two stories is
said only where it has signed both. Its key is the one in our own file, which came from our gateway.
"""

from typing import Literal

from cloud_bridge.envelopes.chain import Entry, EnvelopeRecord, Link
from cloud_bridge.envelopes.record import placed
from cloud_bridge.envelopes.transcript_file import read
from cloud_bridge.errors import RecordBrokenError
from cloud_bridge.model import Value


class Difference(Value, frozen=True):
    """Where two records of one envelope differ first.

    Attributes:
        kind: `forked`: each has another entry there, and the network has signed both; `changed`: an
            entry is not as the network signed it, in the file that `words` names; `gap`: one leaves
            entries out; `missing`: one ends before it; `other-envelope`: they are not of the same
            terms; `other-network`: they name different networks' keys.
        sequence: of that entry; 0: of none.
        words: what it means.
    """

    kind: Literal["forked", "changed", "gap", "missing", "other-envelope", "other-network"]
    sequence: int
    words: str


def compare(mine: bytes, theirs: bytes) -> Difference | None:
    """Where two transcripts differ first; None: they hold the same. Each is verified by itself.

    Raises:
        RecordBrokenError: `unreadable`: one of them is none.
    """
    ours, others = read(mine), read(theirs)
    if ours.record.terms != others.record.terms:
        return Difference(
            kind="other-envelope", sequence=0, words="they are of different envelopes or terms"
        )
    if others.network.signing_key != ours.network.signing_key:
        words = "the files name different keys of the network: ask its operator which one is true"
        return Difference(kind="other-network", sequence=0, words=words)
    pairs = zip(ours.record.entries, others.record.entries, strict=False)
    for number, (one, other) in enumerate(pairs, 1):
        if one != other:
            return _at(number, one, other, ours.network.signing_key)
    return _lengths(ours.record, others.record)


def _at(number: int, one: Entry, other: Entry, key: str) -> Difference:
    """What it means that the entries at a place differ; `key` is the network's."""
    links = {"ours": _link(one, key), "theirs": _link(other, key)}
    broken = [whose for whose, link in links.items() if link is None]
    if broken:
        do = "does" if len(broken) == 1 else "do"
        words = (
            f"{' and '.join(broken)} {do} not hold at entry {number}: "
            "the network did not sign what stands there; verify each"
        )
        return Difference(kind="changed", sequence=number, words=words)
    for whose, link in links.items():
        if link is not None and link.sequence > number:
            words = f"{whose} leaves out entry {number}, before entry {link.sequence}; verify each"
            return Difference(kind="gap", sequence=number, words=words)
        if link is not None and link.sequence < number:
            words = (
                f"{whose} has entry {link.sequence} at place {number}, out of order; verify each"
            )
            return Difference(kind="changed", sequence=number, words=words)
    if len({link.envelope for link in links.values() if link is not None}) > 1:
        words = f"entry {number} is one of another envelope in one of the files; verify each"
        return Difference(kind="changed", sequence=number, words=words)
    words = (
        f"entry {number} is another in each, and the network has signed both: "
        "it has told two stories"
    )
    return Difference(kind="forked", sequence=number, words=words)


def _link(entry: Entry, network_key: str) -> Link | None:
    """The place that the network gave what is said there; None: it did not."""
    try:
        return placed(entry, network_key=network_key)
    except RecordBrokenError:
        return None


def _lengths(ours: EnvelopeRecord, others: EnvelopeRecord) -> Difference | None:
    lengths = len(ours.entries), len(others.entries)
    if lengths[0] == lengths[1]:
        return None
    shorter = "ours" if lengths[0] < lengths[1] else "theirs"
    number = min(lengths) + 1
    words = f"{shorter} ends before entry {number}: what came since is missing there"
    return Difference(kind="missing", sequence=number, words=words)
