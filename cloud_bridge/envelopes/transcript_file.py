"""The record of an envelope as a file: written, read, and compared with another's.

The file is JSON, described in docs/transcript.md so that others can verify it with tools of their
own. It holds no document; who has them gives them along.
"""

from typing import Final, Literal

import msgspec

from cloud_bridge.envelopes.chain import EnvelopeRecord
from cloud_bridge.errors import RecordBrokenError
from cloud_bridge.model import NetworkIdentity, Value
from cloud_bridge.plain_json import decode

FORMAT: Final = "sealgate transcript v1"
LARGEST: Final = 64 << 20
"""Bytes of a file that is read."""
MOST: Final = 2000
"""Entries, and cards, of a file that is read: twice what an envelope can come to by talking."""


class Transcript(Value, frozen=True):
    """The file. `format` is `FORMAT`."""

    format: str
    network: NetworkIdentity
    record: EnvelopeRecord


class Difference(Value, frozen=True):
    """Where two records of one envelope differ first.

    Attributes:
        kind: `forked`: each has another entry there: the network has signed both; `changed`: the
            same entry has other bytes: verifying says in which file; `missing`: one ends before it;
            `other-envelope`: they are not of the same terms.
        sequence: of that entry; 0: of none.
        words: what it means.
    """

    kind: Literal["forked", "changed", "missing", "other-envelope"]
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
        transcript = decode(file, Transcript)
    except msgspec.ValidationError as error:
        raise RecordBrokenError(f"it is no transcript: {error}", fault="unreadable") from error
    if transcript.format != FORMAT:
        raise RecordBrokenError(
            f"its format is {transcript.format!r}, this program reads {FORMAT!r}",
            fault="unreadable",
        )
    if max(len(transcript.record.entries), len(transcript.record.cards)) > MOST:
        raise RecordBrokenError(
            f"it has more than {MOST} entries or cards, which no envelope comes to",
            fault="unreadable",
        )
    return transcript


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
        if one.link != other.link:
            words = f"entry {number} is another in each: the network has told two stories"
            return Difference(kind="forked", sequence=number, words=words)
        if one != other:
            words = f"entry {number} was changed in one of the files: verify each"
            return Difference(kind="changed", sequence=number, words=words)
    lengths = len(ours.entries), len(others.entries)
    if lengths[0] == lengths[1]:
        return None
    shorter = "ours" if lengths[0] < lengths[1] else "theirs"
    number = min(lengths) + 1
    words = f"{shorter} ends before entry {number}: what came since is missing there"
    return Difference(kind="missing", sequence=number, words=words)
