"""Words that several keys sign one after another: general JWS JSON Serialization (RFC 7515 §7.2.1).

Signatures are added to the end; none covers another, so the order says nothing.
"""

import msgspec

from gateway.statements import base64url, plain_json
from gateway.statements.errors import StatementInvalidError
from gateway.statements.header import KeyOf, Signed, read_header, sign
from gateway.statements.signers import StatementSigner

MOST_BYTES = 32 * 1024 * 1024
MOST_SIGNATURES = 64


class _Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    # The unprotected `header` is unknown here: what nobody signed says nothing.
    protected: str
    signature: str


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    payload: str
    signatures: tuple[_Signature, ...]


def unsigned(payload: bytes) -> str:
    """A document over these bytes that nobody has signed yet."""
    return _written(_Document(base64url.encode(payload), ()))


def add_signature(document: str, *, typ: str, signer: StatementSigner) -> str:
    """The document with one more signature.

    Raises:
        StatementInvalidError: it is not in this form, or the key has signed it already.
    """
    read = _read(document)
    base64url.decode(read.payload)  # what is not in this form is not signed
    if signer.key_id in _signers(read):
        raise StatementInvalidError(f"key {signer.key_id!r} has signed it already")
    signed = sign(read.payload, typ=typ, signer=signer)
    added = _Signature(signed.header, base64url.encode(signed.signature))
    return _written(_Document(read.payload, (*read.signatures, added)))


def open_general(document: str, *, typ: str, key_of: KeyOf) -> tuple[bytes, frozenset[str]]:
    """The payload, and the ids of the keys whose signatures verify: perhaps none. Count them.

    A signature that does not verify, of another kind, or by a key that `key_of` does not find,
    counts for nothing and spoils nothing: officers leave, and what they signed stays.

    Raises:
        StatementInvalidError: it is not in this form, or a key has signed it twice.
    """
    read = _read(document)
    payload = base64url.decode(read.payload)
    named = _signers(read)
    if len(set(named)) != len(named):
        raise StatementInvalidError("a key has signed it twice")
    return payload, frozenset(
        key_id
        for key_id, each in zip(named, read.signatures, strict=True)
        if _verifies(each, read.payload, typ=typ, key_of=key_of)
    )


def _verifies(each: _Signature, payload: str, *, typ: str, key_of: KeyOf) -> bool:
    signed = Signed(each.protected, payload, base64url.decode(each.signature))
    try:
        signed.verified_by(key_of, typ=typ)
    except StatementInvalidError:
        return False
    return True


def _signers(document: _Document) -> list[str]:
    return [read_header(each.protected).kid for each in document.signatures]


def _written(document: _Document) -> str:
    return msgspec.json.encode(document).decode()


def _read(document: str) -> _Document:
    if len(document) > MOST_BYTES:
        raise StatementInvalidError(f"{len(document)} characters; {MOST_BYTES} are taken")
    data = document.encode(errors="surrogatepass")  # which no reader of UTF-8 takes back
    read = plain_json.decode(data, _Document, what="signed document")
    if len(read.signatures) > MOST_SIGNATURES:
        raise StatementInvalidError(
            f"{len(read.signatures)} signatures; {MOST_SIGNATURES} are taken"
        )
    return read
