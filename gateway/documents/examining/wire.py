"""Every message between whoever wants a file inspected and the inspecting process (version 2)."""

import msgspec

from policies.model import DocumentFacts
from policies.templates.learning import FirstPage

PROTOCOL = 2


class SetUp(msgspec.Struct, frozen=True, kw_only=True, tag="set-up"):
    """First frame."""

    protocol: int
    max_memory_bytes: int


class Inspect(msgspec.Struct, frozen=True, kw_only=True, tag="inspect"):
    """Inspect a file."""

    document: bytes


class Inspected(msgspec.Struct, frozen=True, kw_only=True, tag="inspected"):
    """The answer: the facts with their findings, or the problem's type and detail.

    Facts are also missing where the findings are all that could be read (encryption).
    """

    facts: DocumentFacts | None
    problem: str | None = None
    detail: str = ""


class ReadFirstPage(msgspec.Struct, frozen=True, kw_only=True, tag="read-first-page"):
    """Read the words of a file's first page."""

    document: bytes


class FirstPageRead(msgspec.Struct, frozen=True, kw_only=True, tag="first-page-read"):
    """The answer to `ReadFirstPage`; `detail` says why there is none."""

    page: FirstPage | None
    detail: str = ""


ToChild = SetUp | Inspect | ReadFirstPage
FromChild = Inspected | FirstPageRead

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
