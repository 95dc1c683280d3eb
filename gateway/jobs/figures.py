"""How many jobs there are, counted now and then: to count a million takes a while."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gateway.jobs.model import JobKind
from gateway.store.rows.backlog import JobCount


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a look found.

    Attributes:
        counts: jobs by kind and state; what there is none of is left out.
        oldest: when the oldest job was enqueued that could be claimed at once, Unix µs.
    """

    counts: tuple[JobCount, ...] = ()
    oldest: Mapping[JobKind, int | None] = field(default_factory=dict)


class JobFigures:
    """Keeps the figures of the last look.

    Attributes:
        last: those.
    """

    def __init__(self, read: Callable[[], Figures]) -> None:
        """Make it; `read` is called on a thread."""
        self._read = read
        self.last = Figures()

    async def look(self) -> None:
        """Count.

        Raises:
            Exception: the database's own; the last figures stay.
        """
        self.last = await asyncio.to_thread(self._read)
