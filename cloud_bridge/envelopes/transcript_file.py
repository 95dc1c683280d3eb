"""The record of an envelope as a file: written and read.

The file is JSON, described in docs/transcript.md so that others can verify it with tools of their
own. It holds no document; who has them gives them along.
"""

from typing import Final

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

_OTHERS: Final = {
    b"%PDF-": "a PDF",
    b"-----BEGIN": "a PEM file, of certificates or keys",
    b"PK\x03\x04": "a ZIP archive",
    b"# An envelope": "the description of an envelope",
}


class Transcript(Value, frozen=True):
    """The file. `format` is `FORMAT`."""

    format: str
    network: NetworkIdentity
    record: EnvelopeRecord


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
        raise RecordBrokenError(_instead(file, error), fault="unreadable") from error
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


def _instead(file: bytes, error: msgspec.ValidationError) -> str:
    """What a file is that is no transcript, as far as its beginning tells."""
    begins = file[:4096].lstrip()
    if not begins:
        return "it is empty, and no transcript"
    for mark, what in _OTHERS.items():
        if begins.startswith(mark):
            return f"it is {what}, and no transcript"
    if not begins.startswith(b"{"):
        return "it is no transcript: that is a JSON file"
    if FORMAT.encode() in begins:
        return f"it is a transcript that was damaged: {error}"
    return "it is JSON of something else, and no transcript"
