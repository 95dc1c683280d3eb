"""Documents that held a worker until its deadline: the same bytes shall not hold the next one."""

from collections import OrderedDict
from hashlib import sha256

_REMEMBERED_SECONDS = 600.0
_MOST = 1000


class HungDocuments:
    """Remembers digests for ten minutes. Who calls it gives the time, in monotonic seconds."""

    def __init__(self) -> None:
        self._until: OrderedDict[bytes, float] = OrderedDict()

    def add(self, document: bytes, *, now: float) -> None:
        """This one has just held a worker to its deadline; of too many the oldest is forgotten."""
        digest = sha256(document).digest()
        self._until[digest] = now + _REMEMBERED_SECONDS
        self._until.move_to_end(digest)
        if len(self._until) > _MOST:
            self._until.popitem(last=False)

    def remaining_seconds(self, document: bytes, *, now: float) -> float:
        """For how long the document is still refused unread; 0 for any other.

        Nothing is hashed while none is remembered, which is nearly always.
        """
        while self._until and next(iter(self._until.values())) <= now:
            self._until.popitem(last=False)
        if not self._until:
            return 0.0
        return max(0.0, self._until.get(sha256(document).digest(), now) - now)
