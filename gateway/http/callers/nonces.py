"""Each signed request counts once. What left a record is remembered across restarts."""

from collections.abc import Iterable
from typing import Final

from cloud_bridge.nonces import Nonces
from gateway.http.errors import ReplayProblem
from gateway.store.documents import UsedNonce

_LONGEST_SECONDS: Final = 24 * 3600.0


class NonceBook:
    """The nonces of the last minutes, in memory; the store keeps those that left a record."""

    def __init__(self, known: Iterable[UsedNonce] = ()) -> None:
        self._nonces = Nonces(
            longest_seconds=_LONGEST_SECONDS,
            known=((used.key_id, used.value, used.expires_at) for used in known),
        )

    def __len__(self) -> int:
        """How many are remembered."""
        return len(self._nonces)

    def use(self, nonce: UsedNonce, *, now: float) -> None:
        """Mark a nonce as used.

        Raises:
            ReplayProblem: it was used before.
        """
        if not self._nonces.use(nonce.key_id, nonce.value, until=nonce.expires_at, now=now):
            raise ReplayProblem(f"nonce {nonce.value!r} of key {nonce.key_id!r} was used before")
