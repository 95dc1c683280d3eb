"""The protected header: who signed what kind of statement. Exactly `alg`, `kid` and `typ`."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from gateway.statements import base64url, plain_json
from gateway.statements.errors import StatementInvalidError
from gateway.statements.keys import PublicKey
from gateway.statements.signers import StatementSigner

KeyOf = Callable[[str], PublicKey | None]
"""Finds the key of that id, if whoever asks takes statements by it."""


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is signed along with the payload; all three are there, and nothing else.

    So `crit` and `b64` (RFC 7797), and keys that a statement brings along (`jwk`, `x5c`), are never
    obeyed.
    """

    alg: str
    kid: str
    typ: str


@dataclass(frozen=True, slots=True)
class Signed:
    """A protected header and a payload as they are signed, each in base64url.

    Attributes:
        header: the protected header.
        payload: the payload.
        signature: raw bytes.
    """

    header: str
    payload: str
    signature: bytes

    @property
    def covered(self) -> bytes:
        """The JWS Signing Input (RFC 7515 §5.1 step 5)."""
        return signing_input(self.header, self.payload)

    def verified_by(self, key_of: KeyOf, *, typ: str) -> PublicKey:
        """The key that signed it.

        Raises:
            StatementInvalidError: the header is not ours, nobody's key, another kind of statement,
                another algorithm than the key's, or the signature is not the key's.
        """
        header = read_header(self.header)
        if header.typ != typ:
            raise StatementInvalidError(f"it is a {header.typ[:100]!r}, not a {typ!r}")
        key = key_of(header.kid)
        if key is None:
            raise StatementInvalidError(f"nobody who may say this has a key {header.kid[:100]!r}")
        # The key says how it is used. What the statement says of itself has to agree, so that no
        # other reader takes it for something else, and chooses nothing.
        if header.alg != key.algorithm:
            raise StatementInvalidError(
                f"its alg is {header.alg[:100]!r}, but key {key.id!r} signs by {key.algorithm}"
            )
        if not key.verifies(self.signature, self.covered):
            raise StatementInvalidError(f"the signature is not one of key {key.id!r}")
        return key


def signing_input(header: str, payload: str) -> bytes:
    """What is signed of a header and a payload in base64url (RFC 7515 §5.1 step 5)."""
    return f"{header}.{payload}".encode()


def sign(payload: str, *, typ: str, signer: StatementSigner) -> Signed:
    """A payload in base64url, signed."""
    header = Header(alg=signer.algorithm, kid=signer.key_id, typ=typ)
    encoded = base64url.encode(msgspec.json.encode(header))
    return Signed(encoded, payload, signer.sign(signing_input(encoded, payload)))


def read_header(text: str) -> Header:
    """A protected header in base64url.

    Raises:
        StatementInvalidError: it is not a `Header`.
    """
    return plain_json.decode(base64url.decode(text), Header, what="protected header")
