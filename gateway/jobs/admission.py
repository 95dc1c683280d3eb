"""Whether new work is taken in: refused in time, before memory or disk runs out.

Nothing that was accepted is ever given up for it; what is refused is told when to come again.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gateway.jobs.errors import DiskShortProblem, GatewayFullProblem, TooMuchOpenProblem
from gateway.store.rows.backlog import OpenItems


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Of what is open: documents that were accepted and have no result yet, and their bytes."""

    items: int
    items_of_a_system: int
    size: int
    size_of_a_system: int


class Admission:
    """Decides on new batches.

    What is open is counted now and then. What was let in meanwhile is added, so ask right before
    it is written.
    """

    def __init__(
        self,
        limits: Limits,
        *,
        shortage: Callable[[], str | None],
        count: Callable[[], Mapping[str, OpenItems]],
    ) -> None:
        """Make it; `look`, again and again, keeps it up to date.

        Args:
            limits: see `Limits`.
            shortage: what the disk is short of; None: of nothing.
            count: what is open, by system; is called on a thread.
        """
        self._limits = limits
        self._shortage = shortage
        self._count = count
        self._counted: Mapping[str, OpenItems] = {}
        self._since: list[tuple[str, OpenItems]] = []

    def admit(self, system: str, *, items: int, size: int) -> None:
        """Let so many documents of a system in, or not.

        Raises:
            DiskShortProblem: what is free is kept for what is under way.
            TooMuchOpenProblem: the system has too much open.
            GatewayFullProblem: all together have too much open.
        """
        shortage = self._shortage()
        if shortage is not None:
            raise DiskShortProblem(shortage)
        mine, everything = self.open_of(system), self.open
        limits = self._limits
        if mine.items + items > limits.items_of_a_system:
            raise TooMuchOpenProblem(
                f"{mine.items} documents of {system} are open, {items} more would be over the "
                f"limit of {limits.items_of_a_system}"
            )
        if mine.size + size > limits.size_of_a_system:
            raise TooMuchOpenProblem(
                f"{mine.size} bytes of {system} are open, {size} more would be over the limit of "
                f"{limits.size_of_a_system}"
            )
        if everything.items + items > limits.items or everything.size + size > limits.size:
            raise GatewayFullProblem(
                f"{everything.items} documents with {everything.size} bytes are open; the limits "
                f"are {limits.items} and {limits.size}"
            )
        self._since.append((system, OpenItems(items, size)))

    @property
    def open(self) -> OpenItems:
        """What is open in all, at the most."""
        return _sum([*self._counted.values(), *(each for _, each in self._since)])

    @property
    def used(self) -> float:
        """How much of its limit is open, of documents or bytes whichever is more; 1 is all."""
        everything, limits = self.open, self._limits
        return max(everything.items / limits.items, everything.size / limits.size)

    def open_of(self, system: str) -> OpenItems:
        """What is open of a system, at the most."""
        counted = self._counted.get(system, OpenItems(0, 0))
        return _sum([counted, *(each for name, each in self._since if name == system)])

    async def look(self) -> None:
        """Count.

        Raises:
            Exception: the database's own; the last count stays.
        """
        # What is let in from here on may not be in this count; it is taken off by the next one.
        known = len(self._since)
        self._counted = await asyncio.to_thread(self._count)
        del self._since[:known]


def _sum(each: list[OpenItems]) -> OpenItems:
    return OpenItems(sum(one.items for one in each), sum(one.size for one in each))
