"""The ids last seen, and no more than that."""

from collections import OrderedDict


class Remembered:
    """A set that forgets the oldest beyond a number. It saves work; nothing may depend on it."""

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._ids: OrderedDict[str, None] = OrderedDict()

    def __contains__(self, id_: str) -> bool:
        """Whether it is among the last ones."""
        return id_ in self._ids

    def add(self, id_: str) -> None:
        """Remember it as the newest."""
        self._ids[id_] = None
        self._ids.move_to_end(id_)
        if len(self._ids) > self._most:
            self._ids.popitem(last=False)
