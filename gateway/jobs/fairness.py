"""Whose turn it is: what callers wait for first, then in turn among companies and shares."""

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from gateway.jobs.model import INTERACTIVE, JobKind
from gateway.store.rows.jobs import WaitingRow, jobs_at_once, jobs_due, priorities, shares

_Passed = Callable[[WaitingRow], bool]


class Turns:
    """Chooses what is claimed next of a kind.

    What is `INTERACTIVE` goes before all else. Then every company has a turn in each round, and of
    a company every share; so a share with 100,000 jobs delays no other, and a company with ten
    systems no other company. All other priorities are a share's own business: they say what of it
    is done first. Of a share and priority, those that had to wait for their moment come first, then
    the others in the order in which they were enqueued. It remembers whom it served last. On the
    writer lane's thread only.
    """

    def __init__(self, kind: JobKind) -> None:
        self._kind = kind
        self._served: dict[str, str] = {}

    def take(
        self,
        connection: Connection,
        *,
        most: int,
        at: int,
        passed: _Passed,
        besides: Collection[str] = (),
    ) -> list[WaitingRow]:
        """Up to `most` jobs that are due at a moment in Unix µs.

        `passed` ones are left out, and all of the shares `besides`.
        """
        levels = tuple(priorities(connection, self._kind))
        first = tuple(level for level in levels if level == INTERACTIVE)
        found: list[WaitingRow] = []
        for name, group in (("first", first), ("then", levels[len(first) :])):
            left = most - len(found)
            if group and left:
                queues = self._queues(connection, group, at=at, passed=passed, besides=besides)
                found += self._by_company(name, queues).take(left)
        return found

    def _queues(
        self,
        connection: Connection,
        levels: Sequence[int],
        *,
        at: int,
        passed: _Passed,
        besides: Collection[str],
    ) -> "list[_Queue]":
        """What waits of each share, by name."""
        lines: dict[str, deque[_Line]] = {}
        for level in levels:
            for share in shares(connection, self._kind, level):
                if share not in besides:
                    line = _Line(connection, self._kind, level, share, at)
                    lines.setdefault(share, deque()).append(line)
        return [_Queue(share, lines[share], passed) for share in sorted(lines)]

    def _by_company(self, name: str, queues: "list[_Queue]") -> "_Round":
        companies: dict[str, list[_Queue]] = {}
        for queue in queues:
            companies.setdefault(queue.share.partition("/")[0], []).append(queue)
        rounds = [
            _Round(company, own, self._served, f"{name}/{company}")
            for company, own in sorted(companies.items())
        ]
        return _Round("", rounds, self._served, name)


@dataclass(slots=True)
class _Round:
    """Several queues that are served in turn; a queue itself.

    `served` remembers under `key` whom it served last.
    """

    share: str
    queues: "Sequence[_Queue | _Round]"
    served: dict[str, str]
    key: str

    @property
    def is_over(self) -> bool:
        """Whether nothing is left of any."""
        return not self.queues

    def take(self, most: int) -> list[WaitingRow]:
        """The next ones; fewer mean that there are no more."""
        after = bisect_right([queue.share for queue in self.queues], self.served.get(self.key, ""))
        queues = [*self.queues[after:], *self.queues[:after]]
        found: list[WaitingRow] = []
        while queues and len(found) < most:
            each, beyond = divmod(most - len(found), len(queues))
            for number, queue in enumerate(queues[: most - len(found)]):
                came = queue.take(each + (number < beyond))
                found += came
                if came and number < beyond:
                    self.served[self.key] = queue.share
            queues = [queue for queue in queues if not queue.is_over]
        self.queues = sorted(queues, key=lambda queue: queue.share)
        return found


@dataclass(slots=True)
class _Queue:
    """All that waits in a share, by priority."""

    share: str
    lines: "deque[_Line]"
    passed: _Passed

    @property
    def is_over(self) -> bool:
        """Whether nothing is left."""
        return not self.lines

    def take(self, most: int) -> list[WaitingRow]:
        """The next ones; fewer mean that there are no more."""
        found: list[WaitingRow] = []
        while self.lines and len(found) < most:
            came = self.lines[0].take(most - len(found))
            found += [row for row in came if not self.passed(row)]
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
