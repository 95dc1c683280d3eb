"""Each signed request counts once: the nonces of the last minutes, in memory.

The network's door uses it, and the gateway's own.
"""

from collections.abc import Iterable


class Nonces:
    """Remembers who has used which nonce, until it cannot come again."""

    def __init__(
        self, *, longest_seconds: float, known: Iterable[tuple[str, str, float]] = ()
    ) -> None:
        """Remember those that were used before.

        Args:
            longest_seconds: so much longer than anybody's clock may differ that what is to be
                remembered for longer comes from another time.
            known: key id, nonce and until when (Unix time) each is remembered, the oldest first.
        """
        self._longest = longest_seconds
        self._seen = {(key_id, nonce): until for key_id, nonce, until in known}

    def __len__(self) -> int:
        """How many are remembered."""
        return len(self._seen)

    def use(self, key_id: str, nonce: str, *, until: float, now: float) -> bool:
        """Mark a nonce of a key as used; False: it was, before.

        Args:
            key_id: whose it is.
            nonce: as the request has it.
            until: when a request with it can come no more, Unix time.
            now: the present moment, Unix time.
        """
        self._forget(now)
        if (key_id, nonce) in self._seen:
            return False
        self._seen[key_id, nonce] = until
        return True

    def _forget(self, now: float) -> None:
        """Forget what cannot come again: it is too old, or of a clock that was ahead once.

        Such a request is of a time at which none is taken now; for as long as it were remembered,
        none behind it would be forgotten either.
        """
        while self._seen:
            oldest, until = next(iter(self._seen.items()))
            if now < until <= now + self._longest:
                return
            del self._seen[oldest]
