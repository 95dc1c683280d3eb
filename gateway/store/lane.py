"""One thread that writes, and many callers that share its commits.

A caller hands in a unit of work and is woken when the transaction that holds it is on the disk.
Whatever waits while a commit is under way goes into the next one, so a slow disk makes groups
larger, not the queue longer (group commit: 45,000 rows/s and more, storage-and-jobs §2). A unit
may bring a document with it, which is on the disk before the unit runs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from gateway.store.content import Content, ContentStore, Location
from gateway.store.errors import StoreProblem
from gateway.store.groups import Errand, GroupThread
from gateway.store.statements import Row, RowStatement
from gateway.store.writing import WriteConnection

T = TypeVar("T")

_MOST_UNITS = 512
_NOWHERE = Location("", 0)

_log = structlog.get_logger("store")


class Transaction:
    """What a unit of work gets.

    A unit MUST raise before its first write on `connection` or not at all. What it adds by `later`
    is forgotten when it raises, as is what it put into `state`.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.state: dict[object, Any] = {}
        self._later: list[tuple[RowStatement, Row]] = []
        self._after_commit: list[tuple[Callable[[list[Any]], None], Any]] = []

    def later(self, statement: RowStatement, row: Row) -> None:
        """Run the statement with this row before the commit, together with all others like it."""
        self._later.append((statement, row))

    def after_commit(self, call: Callable[[list[T]], None], item: T) -> None:
        """Call once it is durable, on the lane's thread, before any caller is woken.

        It is called once a transaction, with everything that was handed in for it.
        """
        self._after_commit.append((call, item))

    def attempt(self, unit: "Callable[[Transaction], T]") -> T:
        """Run a unit; leave no trace of it here when it raises."""
        state, later, hooks = dict(self.state), len(self._later), len(self._after_commit)
        try:
            return unit(self)
        except BaseException:
            self.state = state
            del self._later[later:]
            del self._after_commit[hooks:]
            raise

    def flush(self) -> None:
        """Run what was put off: a statement for all of its rows, in the order they first came."""
        groups: dict[RowStatement, list[Row]] = {}
        for statement, row in self._later:
            groups.setdefault(statement, []).append(row)
        for statement, rows in groups.items():
            statement.run(self.connection, rows)

    def committed(self) -> None:
        """Run the hooks."""
        hooks: dict[Callable[[list[Any]], None], list[Any]] = {}
        for call, item in self._after_commit:
            hooks.setdefault(call, []).append(item)
        for call, items in hooks.items():
            call(items)


@dataclass(slots=True)
class _Work:
    unit: Callable[[Transaction, Location], Any]
    content: Content | None = None
    location: Location = _NOWHERE
    refused: bool = False


class WriterLane:
    """The only writer of the database. Use as an async context manager.

    Promise: `write` returns only after the transaction that holds the unit would survive a power
    cut, and raises StoreProblem when it would not. Units run one after the other, in order.
    """

    def __init__(self, engine: Engine, content: ContentStore) -> None:
        """Make the lane.

        Args:
            engine: of the writing connection.
            content: where the documents go that units bring with them.
        """
        self._writing = WriteConnection(engine)
        self._content = content
        self._thread: GroupThread[_Work] = GroupThread(
            "writer-lane", carry_out=self._carry_out, most=_MOST_UNITS
        )
        self.commits = 0
        self.units = 0

    async def __aenter__(self) -> Self:
        """Start the thread."""
        self._thread.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Write what waits, then stop."""
        await self._thread.stop()
        self._writing.close()
        self._content.close()

    async def write(self, unit: Callable[[Transaction], T]) -> T:
        """Run a unit of work and wait until it is durable; gives what the unit gave.

        Raises:
            StoreProblem: the database could not keep it; nothing of the unit was committed.
            Exception: whatever the unit raised; nothing of it was committed.
        """
        result: T = await self._thread.ask(_Work(lambda transaction, _nowhere: unit(transaction)))
        return result

    async def write_with(self, content: Content, unit: Callable[[Transaction, Location], T]) -> T:
        """Keep a document and then run a unit of work that counts it; wait until both are durable.

        The unit runs only once the document would survive a power cut. When it raises, the document
        is erased again.

        Raises:
            StoreProblem: disk or database could not keep them; nothing of the unit was committed.
            Exception: whatever the unit raised; nothing of it was committed.
        """
        result: T = await self._thread.ask(_Work(unit, content))
        return result

    def _carry_out(self, group: list[Errand[_Work]]) -> None:
        self._keep_content(group)
        self._commit(group)
        self._erase_refused(group)

    def _commit(self, group: list[Errand[_Work]]) -> None:
        try:
            with self._writing.transaction() as connection:
                transaction = Transaction(connection)
                for errand in group:
                    if errand.failure is None:
                        self._run(errand, transaction)
                transaction.flush()
        except Exception as error:  # noqa: BLE001 - whatever it is: the group fails, not the lane
            _log.error("commit_failed", error=str(error.__cause__ or error), units=len(group))
            problem = StoreProblem(f"the database refused the commit: {error.__cause__ or error}")
            for errand in group:
                errand.failure = errand.failure or problem
            return
        transaction.committed()
        self.commits += 1
        self.units += sum(errand.failure is None for errand in group)

    def _keep_content(self, group: list[Errand[_Work]]) -> None:
        brought = [(errand, content) for errand in group if (content := errand.work.content)]
        if not brought:
            return
        try:
            locations = self._content.append([content for _, content in brought])
        except StoreProblem as problem:
            for errand, _ in brought:
                errand.failure = problem
            return
        for (errand, _), location in zip(brought, locations, strict=True):
            errand.work.location = location

    def _erase_refused(self, group: list[Errand[_Work]]) -> None:
        # Only what its own unit refused. A commit that failed may have reached the disk all the
        # same, and then its documents count.
        for errand in group:
            content, location = errand.work.content, errand.work.location
            if not errand.work.refused or content is None:
                continue
            try:
                self._content.erase(location, sum(map(len, content.parts)))
            except StoreProblem as problem:
                _log.error(
                    "content_not_erased",
                    document=content.name,
                    segment=location.segment,
                    offset=location.offset,
                    error=problem.detail,
                )

    def _run(self, errand: Errand[_Work], transaction: Transaction) -> None:
        work = errand.work
        try:
            errand.result = transaction.attempt(lambda unit: work.unit(unit, work.location))
        except SQLAlchemyError:
            raise
        except Exception as refused:  # noqa: BLE001 - the caller's, and told to it
            errand.failure, work.refused = refused, True
