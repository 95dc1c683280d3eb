"""One thread that writes, and many callers that share its commits.

A caller hands in a unit of work and is woken when the transaction that holds it is on the disk.
Whatever waits while a commit is under way goes into the next one, so a slow disk makes groups
larger, not the queue longer (group commit: 45,000 rows/s and more, storage-and-jobs §2).
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, Self, TypeVar

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.sql import Executable

from gateway.store.errors import StoreProblem

T = TypeVar("T")

_MOST_UNITS = 512

_log = structlog.get_logger("store")


class Transaction:
    """What a unit of work gets.

    A unit MUST raise before its first write on `connection` or not at all. What it adds by `later`
    is forgotten when it raises, as is what it put into `state`.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.state: dict[object, Any] = {}
        self._later: list[tuple[Executable, Mapping[str, object]]] = []
        self._after_commit: list[Callable[[], None]] = []

    def later(self, statement: Executable, row: Mapping[str, object]) -> None:
        """Run the statement with this row before the commit, together with all others like it."""
        self._later.append((statement, row))

    def after_commit(self, call: Callable[[], None]) -> None:
        """Call once it is durable, on the lane's thread, before any caller is woken."""
        self._after_commit.append(call)

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
        """Run what was put off: one executemany a statement, in the order they first came."""
        groups: dict[int, tuple[Executable, list[Mapping[str, object]]]] = {}
        for statement, row in self._later:
            groups.setdefault(id(statement), (statement, []))[1].append(row)
        for statement, rows in groups.values():
            self.connection.execute(statement, rows)

    def committed(self) -> None:
        """Run the hooks."""
        for call in self._after_commit:
            call()


Unit = Callable[[Transaction], Any]


class WriterLane:
    """The only writer of the database. Use as an async context manager.

    Promise: `write` returns only after the transaction that holds the unit would survive a power
    cut, and raises StoreProblem when it would not. Units run one after the other, in order.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._queue: queue.SimpleQueue[tuple[Unit, Future[Any]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="writer-lane", daemon=True)
        self.commits = 0
        self.units = 0

    async def __aenter__(self) -> Self:
        """Start the thread."""
        self._thread.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Write what waits, then stop."""
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    async def write(self, unit: Callable[[Transaction], T]) -> T:
        """Run a unit of work and wait until it is durable; gives what the unit gave.

        Raises:
            StoreProblem: the database could not keep it; nothing of the unit was committed.
            Exception: whatever the unit raised; nothing of it was committed.
        """
        future: Future[T] = Future()
        self._queue.put((unit, future))
        return await asyncio.wrap_future(future)

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            group = [first]
            stop = False
            while len(group) < _MOST_UNITS and not self._queue.empty():
                entry = self._queue.get()
                if entry is None:
                    stop = True
                    break
                group.append(entry)
            self._commit(group)
            if stop:
                return

    def _commit(self, group: list[tuple[Unit, Future[Any]]]) -> None:
        results: list[tuple[Future[Any], Any]] = []
        # A caller may have given up waiting: its unit is left out, and from here on cannot be
        # cancelled, or telling it the result would end this thread.
        group = [entry for entry in group if entry[1].set_running_or_notify_cancel()]
        try:
            with self._engine.begin() as connection:
                transaction = Transaction(connection)
                for unit, future in group:
                    try:
                        results.append((future, transaction.attempt(unit)))
                    except SQLAlchemyError:
                        raise
                    except Exception as refused:  # noqa: BLE001 - the caller's, and told to it
                        future.set_exception(refused)
                transaction.flush()
        except Exception as error:  # noqa: BLE001 - whatever it is: the group fails, not the lane
            _log.error("commit_failed", error=str(error.__cause__ or error), units=len(group))
            problem = StoreProblem(f"the database refused the commit: {error.__cause__ or error}")
            for _, future in group:
                if not future.done():
                    future.set_exception(problem)
            return
        transaction.committed()
        self.commits += 1
        self.units += len(results)
        for future, result in results:
            future.set_result(result)
