"""Every message between whoever wants to know and the judging process (msgpack, version 2)."""

from datetime import datetime

import msgspec

from gateway.verification.model import AskedRevision, FileJudgement, RevisionJudgement

PROTOCOL = 2


class SetUp(msgspec.Struct, frozen=True, kw_only=True, tag="set-up"):
    """First frame. `trust`: the certificates that are believed without proof, DER."""

    protocol: int
    max_memory_bytes: int
    trust: tuple[bytes, ...]


class Judge(msgspec.Struct, frozen=True, kw_only=True, tag="judge"):
    """Judge a file. `now`: no signature can have been made later."""

    document: bytes
    now: datetime


class Judged(msgspec.Struct, frozen=True, kw_only=True, tag="judged"):
    """The answer to `Judge`."""

    judgement: FileJudgement


class JudgeRevision(msgspec.Struct, frozen=True, kw_only=True, tag="judge-revision"):
    """Judge what was added to a document; the trust of `SetUp` does not count."""

    document: bytes
    asked: AskedRevision


class JudgedRevision(msgspec.Struct, frozen=True, kw_only=True, tag="judged-revision"):
    """The answer to `JudgeRevision`."""

    judgement: RevisionJudgement


ToChild = SetUp | Judge | JudgeRevision
FromChild = Judged | JudgedRevision

_encoder = msgspec.msgpack.Encoder()
_to_child = msgspec.msgpack.Decoder(ToChild)
_from_child = msgspec.msgpack.Decoder(FromChild)


def encode(message: ToChild | FromChild) -> bytes:
    """One message as one frame."""
    return _encoder.encode(message)


def decode_to_child(frame: bytes) -> ToChild:
    """Raises msgspec.ValidationError when the frame is none of ours."""
    message: ToChild = _to_child.decode(frame)
    return message


def decode_from_child(frame: bytes) -> FromChild:
    """Raises msgspec.ValidationError when the frame is none of ours."""
    message: FromChild = _from_child.decode(frame)
    return message
