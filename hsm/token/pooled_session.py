"""One session that signs, with the key handles found through it."""

import contextlib

import pkcs11
from pkcs11.types import SignMixin

from hsm.errors import TokenAbsentError


class PooledSession:
    """A session without PIN and the private keys found through it.

    MUST be used by one thread at a time: a session has one operation at a time in PKCS#11.
    """

    __slots__ = ("_keys", "raw")

    def __init__(self, session: pkcs11.Session) -> None:
        self.raw = session
        self._keys: dict[str, SignMixin] = {}

    def private_key(self, label: str) -> SignMixin:
        """Find the private key, once per session: handles die with their session.

        Raises:
            pkcs11.PKCS11Error: no such key (any more), or the token failed.
        """
        key = self._keys.get(label)
        if key is None:
            found = self.raw.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=label)
            if not isinstance(found, SignMixin):
                raise TokenAbsentError(f"the private key {label!r} may not sign: CKA_SIGN is false")
            key = self._keys[label] = found
        return key

    def close(self) -> None:
        """Close it, whatever state it is in. It has no PIN, so this logs nobody out."""
        with contextlib.suppress(pkcs11.PKCS11Error):
            self.raw.close()
