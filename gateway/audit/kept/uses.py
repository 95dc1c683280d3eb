"""Counts of uses: a smaller one would let a limit be passed."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Connection, select

from gateway.audit.kept.interfaces import Finding, Leaf, microseconds_of
from gateway.store.schema import charge_slot
from policies.conditions.windows import SLOT_SECONDS

_SLOT_MICROSECONDS = SLOT_SECONDS * 1_000_000
_READINESS = "ready:"


@dataclass(slots=True)
class UseRows:
    """Implements `gateway.audit.kept.interfaces.KeptRows`.

    Every intent names what it was counted for, so each slot can be counted anew. Intents of an
    earlier version name nothing; where there are any, nothing is compared.
    """

    _counted: Counter[tuple[str, int]] = field(default_factory=Counter)
    _newest: dict[tuple[str, int], int] = field(default_factory=dict)
    _is_known: bool = True

    def account(self, index: int, leaf: Leaf) -> None:
        """See `KeptRows`."""
        if leaf.get("kind") != "intent":
            return
        if "counted" not in leaf:
            self._is_known = False
            return
        slot = microseconds_of(leaf) // _SLOT_MICROSECONDS
        for counter in leaf["counted"]:
            key = str(counter), slot
            self._counted[key] += 1
            self._newest[key] = index

    def differences(self, connection: Connection) -> Iterator[Finding]:
        """See `KeptRows`."""
        if not self._is_known:
            return
        missing = dict(self._counted)
        for counter, slot, used in connection.execute(select(charge_slot)):
            wanted = missing.pop((str(counter), slot), 0)
            if used != wanted and counter != _READINESS:
                at = self._newest.get((str(counter), slot))
                told = f"{counter} was used {wanted} times {_quarter(slot)}"
                yield Finding(at, f"{told}, and the store has {used}")
        for (counter, slot), wanted in missing.items():
            told = f"{counter} was used {wanted} times {_quarter(slot)}"
            yield Finding(self._newest[counter, slot], f"{told}, and the store has nothing of it")


def _quarter(slot: object) -> str:
    if not isinstance(slot, int):
        return f"in the slot {slot!r}"
    return f"in the quarter of an hour from {datetime.fromtimestamp(slot * SLOT_SECONDS, UTC)}"
