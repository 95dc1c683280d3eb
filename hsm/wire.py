"""Every message between the gateway's side and the signer process (msgpack, version 2)."""

from typing import Literal

import msgspec

from hsm.interfaces import KeyDescription
from policies.grant import Grant

PROTOCOL = 2
MAX_MESSAGE_BYTES = 4 * 1024 * 1024
"""The longest messages are those that name every key: the set-up and the greeting."""

FailureKind = Literal["grant-refused", "pin-refused", "token-absent", "token-failed", "internal"]


class SetUp(msgspec.Struct, frozen=True, kw_only=True, tag="set-up"):
    """First frame to the signer. `config`: the HSM section as JSON; `pin`: if it was asked for."""

    protocol: int
    config: bytes
    pin: str | None = None


class SignDigest(msgspec.Struct, frozen=True, kw_only=True, tag="sign"):
    """Redeem a grant."""

    number: int
    grant: Grant


class SignCheckpoint(msgspec.Struct, frozen=True, kw_only=True, tag="checkpoint"):
    """Sign the text of a checkpoint."""

    number: int
    text: bytes


class ProveKey(msgspec.Struct, frozen=True, kw_only=True, tag="prove"):
    """Sign the first sentence of the self-test with a key, to prove that the token has it."""

    number: int
    key: str


class Greeting(msgspec.Struct, frozen=True, kw_only=True, tag="greeting"):
    """The signer is logged in, has tested itself, and signs grants of this epoch."""

    protocol: int
    epoch: bytes
    keys: tuple[KeyDescription, ...]


class Signature(msgspec.Struct, frozen=True, kw_only=True, tag="signature"):
    """The answer to `SignDigest`, `SignCheckpoint` or `ProveKey` of that number."""

    number: int
    value: bytes


class Failure(msgspec.Struct, frozen=True, kw_only=True, tag="failure"):
    """Nothing was signed for that number; number 0 speaks of the start."""

    number: int
    kind: FailureKind
    message: str


ToSigner = SetUp | SignDigest | SignCheckpoint | ProveKey
FromSigner = Greeting | Signature | Failure

_encoder = msgspec.msgpack.Encoder()
_to_signer = msgspec.msgpack.Decoder(ToSigner)
_from_signer = msgspec.msgpack.Decoder(FromSigner)


def encode(message: ToSigner | FromSigner) -> bytes:
    """One message as one frame."""
    return _encoder.encode(message)


def decode_to_signer(frame: bytes) -> ToSigner:
    """Raises msgspec.ValidationError when the frame is none of ours."""
    message: ToSigner = _to_signer.decode(frame)
    return message


def decode_from_signer(frame: bytes) -> FromSigner:
    """Raises msgspec.ValidationError when the frame is none of ours."""
    message: FromSigner = _from_signer.decode(frame)
    return message
