"""What may be relied on from a key store (in the signer process) and from a signer (outside it)."""

from typing import Literal, Protocol

import msgspec

from policies.grant import Grant

Mechanism = Literal[
    "rsa-pkcs1-sha256",
    "rsa-pss-sha256",
    "ecdsa-p256-sha256",
    "ecdsa-p384-sha384",
    "ed25519",
]
"""Key type, padding and digest in one word. Only checkpoints use `ed25519`; it signs messages."""


class KeyDescription(msgspec.Struct, frozen=True, kw_only=True):
    """What may be known of a key outside the token.

    Attributes:
        id: the key's name in our configuration.
        label: CKA_LABEL on the token.
        mechanism: the one mechanism that this key is used with.
        public_key: SubjectPublicKeyInfo, DER.
        local: CKA_LOCAL, the key was generated on the token.
        sensitive: CKA_ALWAYS_SENSITIVE, it was never readable in the clear.
        never_extractable: CKA_NEVER_EXTRACTABLE, it could never be wrapped out.
    """

    id: str
    label: str
    mechanism: Mechanism
    public_key: bytes
    local: bool
    sensitive: bool
    never_extractable: bool


class KeyStore(Protocol):
    """Keys in one token. Blocking; safe to call from as many threads as it has sessions."""

    def describe(self) -> tuple[KeyDescription, ...]:
        """Every configured key. Read once at start, so this never touches the token again."""
        ...

    def sign(self, key: str, digest: bytes) -> bytes:
        """Sign a digest with the key's mechanism.

        RSA gives the raw signature; ECDSA gives DER `ECDSA-Sig-Value` (RFC 3279 §2.2.3). The
        signature MUST have been verified in software with the public key before it is returned.

        Raises:
            UnknownKeyError, DigestLengthError: the caller's mistake.
            KeyStoreError: the token failed; the subclass says what may help.
        """
        ...

    def sign_message(self, key: str, message: bytes) -> bytes:
        """Sign a message with an `ed25519` key (RFC 8032, pure). Verified like `sign`."""
        ...

    def close(self) -> None:
        """Give the sessions back. The PIN session goes last, it logs the whole process out."""
        ...


class Signer(Protocol):
    """The signer process as the gateway sees it."""

    @property
    def epoch(self) -> bytes:
        """The run of the signer that new grants are for; changes when the signer is restarted."""
        ...

    @property
    def keys(self) -> tuple[KeyDescription, ...]:
        """The keys that the signer said it has when it last started."""
        ...

    async def sign(self, grant: Grant) -> bytes:
        """Redeem the grant: see `KeyStore.sign` for the shape of what comes back.

        Raises:
            GrantRefusedError: late, redeemed before, or not for this key or mechanism.
            SignerUnavailableError: no signer answered in time; whether the key was used is unknown.
        """
        ...

    async def sign_checkpoint(self, text: bytes) -> bytes:
        """Sign the text of a C2SP checkpoint with the log's Ed25519 key.

        The signer refuses a tree smaller than one that it signed in this run.
        """
        ...
