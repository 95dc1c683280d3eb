"""Whose turn it is: what callers wait for first, then in turn among shares."""

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from gateway.jobs.model import INTERACTIVE, JobKind
from gateway.store.jobs import WaitingRow, jobs_at_once, jobs_due, priorities, shares


class Turns:
    """Chooses what is claimed next of a kind.

    What is `INTERACTIVE` goes before all else. All other priorities are a share's own business:
    they say what of it is done first, and gain it nothing against the others. It remembers whom it
    served last, so that a share with 100,000 jobs takes one turn in each round like one with 3. Of
    a share and priority, those that had to wait for their moment come first, then the others in the
    order in which they were enqueued. On the writer lane's thread only.
    """

    def __init__(self, kind: JobKind) -> None:
        self._kind = kind
        self._served: dict[bool, str] = {}

    def take(
        self,
        connection: Connection,
        *,
        most: int,
        at: int,
        passed: Callable[[WaitingRow], bool],
        besides: Collection[str] = (),
    ) -> list[WaitingRow]:
        """Up to `most` jobs that are due at a moment in Unix µs.

        `passed` ones are left out, and all of the shares `besides`.
        """
        levels = tuple(priorities(connection, self._kind))
        first = tuple(level for level in levels if level == INTERACTIVE)
        found: list[WaitingRow] = []
        for group in (first, levels[len(first) :]):
            left = most - len(found)
            if group and left:
                queues = self._queues(connection, group, at=at, besides=besides)
                found += self._in_turn(queues, group == first, most=left, passed=passed)
        return found

    def _queues(
        self, connection: Connection, levels: Sequence[int], *, at: int, besides: Collection[str]
    ) -> "list[_Queue]":
        """What waits of each share, in the order in which shares are served."""
        lines: dict[str, deque[_Line]] = {}
        for level in levels:
            for share in shares(connection, self._kind, level):
                if share not in besides:
                    line = _Line(connection, self._kind, level, share, at)
                    lines.setdefault(share, deque()).append(line)
        return [_Queue(share, lines[share]) for share in sorted(lines)]

    def _in_turn(
        self,
        queues: "list[_Queue]",
        is_first: bool,  # noqa: FBT001 - which of two memories it is
        *,
        most: int,
        passed: Callable[[WaitingRow], bool],
    ) -> list[WaitingRow]:
        after = bisect_right([queue.share for queue in queues], self._served.get(is_first, ""))
        queues = queues[after:] + queues[:after]
        found: dict[int, WaitingRow] = {}
        while queues and len(found) < most:
            each, beyond = divmod(most - len(found), len(queues))
            for number, queue in enumerate(queues[: most - len(found)]):
                asked = each + (number < beyond)
                came = queue.take(asked)
                found |= {row.id: row for row in came if not passed(row)}
                if came and number < beyond:
                    self._served[is_first] = queue.share
            queues = [queue for queue in queues if queue.lines]
        return list(found.values())


@dataclass(slots=True)
class _Queue:
    """All that waits in a share, by priority."""

    share: str
    lines: "deque[_Line]"

    def take(self, most: int) -> list[WaitingRow]:
        """The next ones; fewer mean that there are no more."""
        found: list[WaitingRow] = []
        while self.lines and len(found) < most:
            found += self.lines[0].take(most - len(found))
            if self.lines[0].is_over:
                self.lines.popleft()
        return found


@dataclass(slots=True)
class _Line:
    """What waits in a share with one priority, read as far as it is asked for."""

    connection: Connection
    kind: JobKind
    priority: int
    share: str
    at: int
    is_over: bool = False
    _due: int = 0
    _at_once: int = 0

    def take(self, most: int) -> list[WaitingRow]:
        """The next ones; fewer mean that there are no more."""
        found = jobs_due(
            self.connection,
            self.kind,
            self.priority,
            self.share,
            at=self.at,
            most=most,
            beyond=self._due,
        )
        self._due += len(found)
        if len(found) < most:
            more = jobs_at_once(
                self.connection,
                self.kind,
                self.priority,
                self.share,
                most=most - len(found),
                beyond=self._at_once,
            )
            self._at_once += len(more)
            found += more
        self.is_over = len(found) < most
        return found
