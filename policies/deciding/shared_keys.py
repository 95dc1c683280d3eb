"""Seals that are one key with several marks."""

from collections import defaultdict
from collections.abc import Mapping

from policies.objects.seals import Seal


class SharedKeys:
    """Which seals have the same key; for most seals no other has."""

    def __init__(self, seals: Mapping[str, Seal]) -> None:
        by_key: dict[str, set[str]] = defaultdict(set)
        for name, seal in seals.items():
            by_key[seal.key].add(name)
        self._others = {
            name: frozenset(names) for names in by_key.values() if len(names) > 1 for name in names
        }

    def __bool__(self) -> bool:
        """Whether any key is shared."""
        return bool(self._others)

    def of(self, seal: str) -> frozenset[str]:
        """The seals that have its key, itself among them; none where it has a key of its own."""
        return self._others.get(seal, frozenset())
