"""Every message between the gateway and the desk's process (msgpack, version 1).

Policies travel as texts by file name, as officers write them, or as a bundle file; where there are
none, those are meant that are in force: the officers' directory as it lies there, or the gateway's
copy of their bundle.
"""

from datetime import datetime

import msgspec

from gateway.store.engines.database import SQLiteFile
from gateway.store.engines.postgresql import PostgreSQL

PROTOCOL = 1

Sources = dict[str, str] | bytes
"""YAML texts by file name, or a bundle file, whoever has signed it."""


class SetUp(msgspec.Struct, frozen=True, kw_only=True, tag="set-up"):
    """First frame. The only files, and the only server, that the desk may read.

    `policies` is a directory or a bundle file; None while nothing was ever in force.
    """

    protocol: int
    max_memory_bytes: int
    policies: str | None
    database: SQLiteFile | PostgreSQL


class Check(msgspec.Struct, frozen=True, kw_only=True, tag="check"):
    """See `gateway.desk.answering.checked`; `follows`: they are to follow those in force."""

    sources: Sources | None
    strict: bool
    follows: bool
    at: datetime


class Test(msgspec.Struct, frozen=True, kw_only=True, tag="test"):
    """See `gateway.desk.answering.tested`."""

    __test__ = False  # pytest looks at names that begin with Test

    sources: Sources | None


class ExplainRequest(msgspec.Struct, frozen=True, kw_only=True, tag="explain-request"):
    """See `gateway.desk.answering.explained`; `request` is JSON as in a policy's tests."""

    sources: Sources | None
    request: str
    at: datetime


class ExplainRecord(msgspec.Struct, frozen=True, kw_only=True, tag="explain-record"):
    """See `gateway.desk.answering.recorded`."""

    sources: Sources | None
    record: int


class Compare(msgspec.Struct, frozen=True, kw_only=True, tag="compare"):
    """See `gateway.desk.answering.compared`."""

    old: Sources | None
    new: Sources
    at: datetime


class Simulate(msgspec.Struct, frozen=True, kw_only=True, tag="simulate"):
    """See `gateway.desk.answering.simulated`."""

    new: Sources
    since: datetime
    until: datetime


Question = Check | Test | ExplainRequest | ExplainRecord | Compare | Simulate


class Answered(msgspec.Struct, frozen=True, kw_only=True, tag="answered"):
    """The report, as JSON."""

    report: bytes


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag="refused"):
    """The question cannot be answered; `problem` is a type of `gateway.desk.errors`."""

    problem: str
    detail: str


_encoder = msgspec.msgpack.Encoder()
_to_desk = msgspec.msgpack.Decoder(SetUp | Question)
_from_desk = msgspec.msgpack.Decoder(Answered | Refused)


def encode(message: SetUp | Question | Answered | Refused) -> bytes:
    """One message as one frame."""
    return _encoder.encode(message)


def decode_to_desk(frame: bytes) -> SetUp | Question:
    """Raises msgspec.ValidationError when the frame is none of ours."""
    message: SetUp | Question = _to_desk.decode(frame)
    return message


def decode_from_desk(frame: bytes) -> Answered | Refused:
    """Raises msgspec.ValidationError when the frame is none of ours."""
    message: Answered | Refused = _from_desk.decode(frame)
    return message
