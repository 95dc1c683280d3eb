"""Whose turn it is: by priority, and in turn among the shares of a priority."""

from bisect import bisect_right
from collections.abc import Callable, Collection
from dataclasses import dataclass

from sqlalchemy import Connection

from gateway.jobs.model import JobKind
from gateway.store.jobs import WaitingRow, jobs_at_once, jobs_due, priorities, shares


class Turns:
    """Chooses what is claimed next of a kind.

    It remembers whom it served last, so that a share with 100,000 jobs takes one turn in each round
    like one with 3. Of a share, those that had to wait for their moment come first, then the others
    in the order in which they were enqueued. On the writer lane's thread only.
    """

    def __init__(self, kind: JobKind) -> None:
        self._kind = kind
        self._served: dict[int, str] = {}

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
        found: list[WaitingRow] = []
        for priority in priorities(connection, self._kind):
            if len(found) == most:
                break
            left = most - len(found)
            found += self._of(
                connection, priority, most=left, at=at, passed=passed, besides=besides
            )
        return found

    def _of(
        self,
        connection: Connection,
        priority: int,
        *,
        most: int,
        at: int,
        passed: Callable[[WaitingRow], bool],
        besides: Collection[str],
    ) -> list[WaitingRow]:
        names = sorted(set(shares(connection, self._kind, priority)).difference(besides))
        after = bisect_right(names, self._served.get(priority, ""))
        lines = [
            _Line(connection, self._kind, priority, name, at)
            for name in (*names[after:], *names[:after])
        ]
        found: dict[int, WaitingRow] = {}
        while lines and len(found) < most:
            each, beyond = divmod(most - len(found), len(lines))
            for number, line in enumerate(lines[: most - len(found)]):
                asked = each + (number < beyond)
                came = line.take(asked)
                found |= {row.id: row for row in came if not passed(row)}
                if came and number < beyond:
                    self._served[priority] = line.share
            lines = [line for line in lines if not line.is_over]
        return list(found.values())


@dataclass(slots=True)
class _Line:
    """What waits in a share, read as far as it is asked for."""

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
