"""Every message between the gateway and a document worker (msgpack, version 3)."""

from collections.abc import Mapping

import msgspec

from gateway.documents.model import Preparation, Prepared
from gateway.seals.model import SealMaterial

PROTOCOL = 3


class SetUp(msgspec.Struct, frozen=True, kw_only=True, tag="set-up"):
    """First frame to a worker. `stamp_font`: the font file for round stamps, if it is named."""

    protocol: int
    max_memory_bytes: int
    stamp_font: str | None


class LoadSeal(msgspec.Struct, frozen=True, kw_only=True, tag="load-seal"):
    """Make this seal ready; later messages name it by its fingerprint. Has no answer."""

    material: SealMaterial


class Prepare(msgspec.Struct, frozen=True, kw_only=True, tag="prepare"):
    """Prepare the document that follows as the next frame, just as it is: it is not copied."""

    number: int
    seal: str
    preparation: Preparation


class Ready(msgspec.Struct, frozen=True, kw_only=True, tag="ready"):
    """The worker runs; `restrictions` names what it gave up."""

    protocol: int
    restrictions: tuple[str, ...]


class PreparedReply(msgspec.Struct, frozen=True, kw_only=True, tag="prepared"):
    """The answer to `Prepare`."""

    number: int
    prepared: Prepared


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag="refused"):
    """The document cannot be sealed: the problem's type and this case's detail."""

    number: int
    problem: str
    detail: str


ToWorker = SetUp | LoadSeal | Prepare
FromWorker = Ready | PreparedReply | Refused


def _plain(value: object) -> object:
    # The policies' mappings cannot be changed, and msgspec does not write those by itself.
    if isinstance(value, Mapping):
        return dict(value)
    raise NotImplementedError(f"{type(value).__name__} is in no message")


_encoder = msgspec.msgpack.Encoder(enc_hook=_plain)
_to_worker = msgspec.msgpack.Decoder(ToWorker)
_from_worker = msgspec.msgpack.Decoder(FromWorker)


def encode(message: ToWorker | FromWorker) -> bytes:
    """One message as one frame."""
    return _encoder.encode(message)


def decode_to_worker(frame: bytes) -> ToWorker:
    """Raises msgspec.ValidationError when the frame is none of ours."""
    message: ToWorker = _to_worker.decode(frame)
    return message


def decode_from_worker(frame: bytes) -> FromWorker:
    """Raises msgspec.ValidationError when the frame is none of ours."""
    message: FromWorker = _from_worker.decode(frame)
    return message
