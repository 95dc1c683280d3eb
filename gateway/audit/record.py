"""What the log says, and the bytes of a leaf. Version 1; the bytes never change again.

A leaf is JSON with sorted keys, no spaces and UTF-8: `{"at":…,"index":…,"kind":…,"previous":…,
"v":1, …}`. `previous` is the leaf hash of the record before, so that the place of a change can be
named; the tree proves it. Personal data stays out: business numbers and attributes are salted
hashes whose salt stands in the document's row and goes with it (transparency-log.md §7).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import msgspec

Kind = Literal[
    "start",
    "stop",
    "policy",
    "refused",
    "intent",
    "outcome",
    "denied",
    "asked",
    "approval",
    "approval-closed",
    "forgotten",
    "freeze",
    "unfreeze",
    "hold",
    "hold-end",
    "erased",
    "envelope",
    "envelope-trouble",
    "key",
]

# C2SP tlog-tiles: an entry's length is a uint16.
MAX_LEAF_BYTES = 65_535

_encoder = msgspec.json.Encoder(order="sorted")


@dataclass(frozen=True, slots=True)
class Record:
    """One thing to be recorded; its place in the log is not known yet."""

    kind: Kind
    at: datetime
    content: Mapping[str, Any]


def leaf_bytes(record: Record, *, index: int, previous: bytes) -> bytes:
    """The leaf of a record at its place.

    Raises:
        ValueError: longer than a leaf may be.
    """
    leaf = _encoder.encode(
        {
            **record.content,
            "v": 1,
            "kind": record.kind,
            "at": f"{record.at.replace(tzinfo=None).isoformat(timespec='microseconds')}Z",
            "index": index,
            "previous": previous.hex(),
        }
    )
    if len(leaf) > MAX_LEAF_BYTES:
        raise ValueError(f"a leaf of {len(leaf)} bytes; {MAX_LEAF_BYTES} are the most")
    return leaf


def read_leaf(leaf: bytes) -> dict[str, Any]:
    """The content of a leaf; msgspec.DecodeError or UnicodeDecodeError when it is not JSON."""
    decoded: dict[str, Any] = msgspec.json.decode(leaf, type=dict[str, Any])
    return decoded
