"""What can go wrong with keys, by what may help (the classes are explained in docs/hsm.md)."""

PIN_LOCKED = "has locked its user PIN"
"""What is said of a token that takes no PIN any more; another person has to help than with a wrong
one."""


class KeyRoomError(Exception):
    """Base of the key room's errors."""


class KeyStoreError(KeyRoomError):
    """The token or its module failed."""


class PinRefusedError(KeyStoreError):
    """The token refused the PIN. Never tried again: each try brings the token nearer its lock."""


class PinUnreadableError(KeyStoreError):
    """The PIN is not where the configuration says, or others could read it there."""


class TokenAbsentError(KeyStoreError):
    """Module, slot, token or key is not where the configuration says."""


class TokenFailedError(KeyStoreError):
    """The token answered with an error that a fresh session or a reload may cure."""


class BadSignatureError(KeyStoreError):
    """The token returned a signature that does not verify. It never leaves the signer."""


class KeyURIError(KeyRoomError):
    """What names a person's key is no `pkcs11:` URI that is understood."""


class UnknownKeyError(KeyRoomError):
    """No key of that name is configured."""


class DigestLengthError(KeyRoomError):
    """The digest is not as long as the key's mechanism wants it."""


class SignerUnavailableError(KeyRoomError):
    """The signer process is away, restarting or hanging."""


class OtherKeysError(KeyStoreError):
    """A replica does not hold the keys of the first token. It does not serve."""
