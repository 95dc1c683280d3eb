"""One thread that writes, and many callers that share its commits.

A caller hands in a unit of work and is woken when the transaction that holds it is on the disk.
Whatever waits while a commit is under way goes into the next one, so a slow disk makes groups
larger, not the queue longer (group commit: 45,000 rows/s and more, storage-and-jobs §2). A unit
may bring a document with it, which is on the disk before the unit runs.
"""

from asyncio import Future
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeVar

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from gateway.store.engines.groups import Errand, GroupThread
from gateway.store.engines.statements import Row, RowStatement
from gateway.store.engines.writing import SQLiteWriteConnection
from gateway.store.errors import StoreProblem
from gateway.store.files.content import Content, ContentStore, Location
from gateway.store.interfaces import WriteConnection

T = TypeVar("T")

_MOST_UNITS = 512
_NOWHERE = Location("", 0)
# Of the standard classes of every driver (PEP 249): what a unit wants cannot be written.
_OF_A_UNIT = frozenset({"DataError", "IntegrityError", "ProgrammingError", "UnicodeEncodeError"})
# PostgreSQL's codes for "once more": a deadlock with work that takes no turn, a serialization.
_ONCE_MORE = frozenset({"40P01", "40001"})
_MOST_TRIES = 3

_log = structlog.get_logger("store")


class Transaction:
    """What a unit of work gets.

    A unit MUST raise before its first write on `connection` or not at all. What it adds by `later`
    is forgotten when it raises, as is what it put into `state`.

    Attributes:
        connection: of the database.
        is_shared: whether other nodes write to the same one, so that what was looked up before the
            transaction may have changed.
        state: what units leave for those after them, each under a key of its own.
    """

    def __init__(self, connection: Connection, *, is_shared: bool = False) -> None:
        self.connection = connection
        self.is_shared = is_shared
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


class Follower(Protocol):
    """Whatever keeps in memory what rows say, and must know what other nodes have written."""

    def follow(self, transaction: Transaction) -> None:
        """Know what is committed by now; called before any unit runs, on the lane's thread.

        It may be called though nothing has changed, and again for the same change.

        Raises:
            Exception: it cannot; then no unit runs, and nothing is committed.
        """
        ...


class WriterLane:
    """The only writer of the database in this process. Use as an async context manager.

    Promise: `write` returns only after the transaction that holds the unit would survive a power
    cut, and raises StoreProblem when it would not. Units run one after the other, in order; where
    several nodes share the database, no two of their transactions overlap either.
    """

    def __init__(
        self, engine: Engine, content: ContentStore, *, node: str = "", together: bool = False
    ) -> None:
        """Make the lane.

        Args:
            engine: of the writing connection.
            content: where the documents go that units bring with them.
            node: this gateway's name among those that share the database.
            together: whether its transactions may overlap with those of other nodes.
        """
        self._writing = _write_connection(engine, node=node, exclusive=not together)
        self._content = content
        self._thread: GroupThread[_Work] = GroupThread(
            "writer-lane", carry_out=self._carry_out, most=_MOST_UNITS
        )
        self._beside: WriterLane | None = None
        if self._writing.is_shared and not together:
            self._beside = WriterLane(engine, content, node=node, together=True)
        self._followers: tuple[Follower, ...] = ()
        self._is_new_follower = False
        self.commits = 0
        self.units = 0

    @property
    def is_shared(self) -> bool:
        """Whether other nodes write to the same database."""
        return self._writing.is_shared

    async def __aenter__(self) -> Self:
        """Start the thread."""
        self._thread.start()
        if self._beside is not None:
            self._beside._thread.start()  # noqa: SLF001 - of the same class
        return self

    async def __aexit__(self, *_: object) -> None:
        """Write what waits, then stop."""
        if self._beside is not None:
            await self._beside._thread.stop()  # noqa: SLF001 - of the same class
            self._beside._writing.close()  # noqa: SLF001 - of the same class
        await self._thread.stop()
        self._writing.close()
        self._content.close()

    def add_follower(self, follower: Follower) -> None:
        """Have it follow from the next transaction on; in that one it is told to for certain."""
        if self.is_shared:
            self._followers = (*self._followers, follower)
            self._is_new_follower = True

    async def write(self, unit: Callable[[Transaction], T], *, exclusive: bool = True) -> T:
        """Run a unit of work and wait until it is durable; gives what the unit gave.

        Args:
            unit: what is to be done.
            exclusive: whether no other node may write meanwhile. A unit that does without it gets
                no further than its own rows: it appends no record, counts nothing, and locks what
                it changes (`FOR UPDATE SKIP LOCKED`).

        Raises:
            StoreProblem: the database could not keep it; nothing of the unit was committed.
            Exception: whatever the unit raised; nothing of it was committed.
        """
        lane = self if exclusive or self._beside is None else self._beside
        work = _Work(lambda transaction, _nowhere: unit(transaction))
        result: T = await lane._thread.ask(work)  # noqa: SLF001 - of the same class
        return result

    def along(self, unit: Callable[[Transaction], T]) -> "Future[T]":
        """Run a unit of work with whatever is written next, in its place among the others.

        For what nobody waits for, and what does no harm where a power cut takes it. It makes no
        transaction of its own, except as the lane stops.

        Returns:
            Done as `write` returns or raises; whoever wants no more of it than that retrieves its
            exception.
        """
        return self._thread.along(_Work(lambda transaction, _nowhere: unit(transaction)))

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

    def _commit(self, group: list[Errand[_Work]], *, tried: int = 0) -> None:
        try:
            with self._writing.transaction() as begun:
                transaction = Transaction(begun.connection, is_shared=self._writing.is_shared)
                if begun.is_behind or self._is_new_follower:
                    self._follow(transaction)
                for errand in group:
                    if errand.failure is None:
                        self._run(errand, transaction)
                transaction.flush()
        except Exception as error:  # noqa: BLE001 - whatever it is: the group fails, not the lane
            self._failed(group, error, tried=tried + 1)
            return
        transaction.committed()
        self.commits += 1
        self.units += sum(errand.failure is None for errand in group)

    def _follow(self, transaction: Transaction) -> None:
        self._is_new_follower = False
        try:
            for follower in self._followers:
                follower.follow(transaction)
        except BaseException:
            self._is_new_follower = True
            raise

    def _failed(self, group: list[Errand[_Work]], error: Exception, *, tried: int) -> None:
        waiting = [errand for errand in group if errand.failure is None]
        blamed = getattr(error, "orig", None) or error
        if getattr(blamed, "sqlstate", None) in _ONCE_MORE and tried < _MOST_TRIES:
            self._commit(waiting, tried=tried)
            return
        if len(waiting) > 1 and _is_of_a_unit(blamed):
            # One of them wants what cannot be written: the others must not fail with it.
            for errand in waiting:
                self._commit([errand])
            return
        told = " ".join(str(error.__cause__ or error).split())
        _log.error("commit_failed", error=told, units=len(group))
        # A server's own words name hosts and users, which are no caller's business.
        said = "the gateway's log says why (commit_failed)" if self.is_shared else told
        for errand in waiting:
            errand.failure = StoreProblem(f"the database refused the commit: {said}")

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
        except (SQLAlchemyError, self._writing.driver_errors):
            raise
        except Exception as refused:  # noqa: BLE001 - the caller's, and told to it
            errand.failure, work.refused = refused, True


def _write_connection(engine: Engine, *, node: str, exclusive: bool) -> WriteConnection:
    if engine.dialect.name == "sqlite":
        return SQLiteWriteConnection(engine)
    from gateway.store.engines.turns import PostgreSQLWriteConnection  # noqa: PLC0415 - loads its driver

    return PostgreSQLWriteConnection(engine, node=node, exclusive=exclusive)


def _is_of_a_unit(blamed: BaseException) -> bool:
    """Whether a unit's values are to blame, and not the database."""
    return any(kind.__name__ in _OF_A_UNIT for kind in type(blamed).__mro__)
