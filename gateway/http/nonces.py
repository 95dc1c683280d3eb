"""Each signed request counts once. What left a record is remembered across restarts."""

from collections.abc import Iterable
from typing import Final

from gateway.http.errors import ReplayProblem
from gateway.store.documents import UsedNonce

_LONGEST_SECONDS: Final = 24 * 3600.0
"""So much longer than anybody's clock may differ that what lives longer comes from another time."""


class NonceBook:
    """The nonces of the last minutes, in memory; the store keeps those that left a record."""

    def __init__(self, known: Iterable[UsedNonce] = ()) -> None:
        self._seen = {(used.key_id, used.value): used.expires_at for used in known}

    def __len__(self) -> int:
        """How many are remembered."""
        return len(self._seen)

    def use(self, nonce: UsedNonce, *, now: float) -> None:
        """Mark a nonce as used.

        Raises:
            ReplayProblem: it was used before.
        """
        self._forget(now)
        key = (nonce.key_id, nonce.value)
        if key in self._seen:
            raise ReplayProblem(f"nonce {nonce.value!r} of key {nonce.key_id!r} was used before")
        self._seen[key] = nonce.expires_at

    def _forget(self, now: float) -> None:
        """Forget what cannot come again: it is too old, or of a clock that was ahead once.

        Such a request is of a time at which none is taken now; for as long as it were remembered,
        none behind it would be forgotten either.
        """
        while self._seen:
            key, expires_at = next(iter(self._seen.items()))
            if now < expires_at <= now + _LONGEST_SECONDS:
                return
            del self._seen[key]
