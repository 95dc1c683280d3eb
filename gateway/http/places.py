"""How many may do something at once, so that no caller takes the room of all others."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from gateway.http.errors import OverloadedProblem


class Places:
    """Places that are taken and left again. One system has at most half of them."""

    def __init__(self, total: int, what: str) -> None:
        """Make so many; `what` takes them, as callers are told."""
        self._total = total
        self._what = what
        self._taken: Counter[str] = Counter()

    @contextmanager
    def one(self, system: str) -> Iterator[None]:
        """Take one for as long as the block runs.

        Raises:
            OverloadedProblem: none is free for this system.
        """
        own, taken = self._taken[system], self._taken.total()
        if own >= self._total // 2 or taken >= self._total:
            raise OverloadedProblem(f"{taken} {self._what}, {own} of them for {system!r}")
        self._taken[system] += 1
        try:
            yield
        finally:
            self._taken[system] -= 1
            if not self._taken[system]:
                del self._taken[system]
