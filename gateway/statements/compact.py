"""A statement by one key: JWS Compact Serialization (RFC 7515 §7.1)."""

import hashlib
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from gateway.statements import base64url, plain_json
from gateway.statements.errors import StatementInvalidError
from gateway.statements.header import KeyOf, Signed, sign
from gateway.statements.signers import StatementSigner

MOST_BYTES = 64 * 1024
_PARTS = 3

T = TypeVar("T", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class Opened(Generic[T]):
    """A statement whose signature verifies.

    Attributes:
        claims: what is stated.
        key_id: whose key signed it.
        digest: SHA-256 of what is signed (header and payload, RFC 7515 §5.1 step 5), raw bytes. It
            leaves the signature out: from an ES256 signature anybody can make a second one that
            verifies, of the same key over the same words, and that must not be a second statement.
    """

    claims: T
    key_id: str
    digest: bytes


def compact(claims: msgspec.Struct, *, typ: str, signer: StatementSigner) -> str:
    """The claims, signed.

    Raises:
        StatementInvalidError: they would be longer than `MOST_BYTES`.
    """
    signed = sign(base64url.encode(msgspec.json.encode(claims)), typ=typ, signer=signer)
    token = f"{signed.covered.decode()}.{base64url.encode(signed.signature)}"
    _refuse_long(token)
    return token


def open_compact(token: str, *, typ: str, model: type[T], key_of: KeyOf) -> Opened[T]:
    """The claims of a statement of the kind `typ`, once its signature is verified.

    Names that `model` does not have are ignored, unless it forbids them.

    Raises:
        StatementInvalidError: longer than `MOST_BYTES`, not in this form, not by a key that
            `key_of` finds, or the claims are no `model`.
    """
    _refuse_long(token)
    parts = token.split(".")
    if len(parts) != _PARTS:
        raise StatementInvalidError("not a statement: three parts with dots between are expected")
    header, payload, signature = parts
    said = base64url.decode(payload)
    signed = Signed(header, payload, base64url.decode(signature))
    key = signed.verified_by(key_of, typ=typ)
    claims = plain_json.decode(said, model, what="statement")
    return Opened(claims, key.id, hashlib.sha256(signed.covered).digest())


def _refuse_long(token: str) -> None:
    if len(token) > MOST_BYTES:
        raise StatementInvalidError(f"{len(token)} characters; {MOST_BYTES} are taken")
