"""One thread that writes, and many callers that share its commits; and a few threads that read.

What comes while a commit is under way goes into the next one (group commit), so a slow disk makes
groups larger, not the queue longer. Each unit has a savepoint: what raises leaves nothing. Units
are gathered on the event loop and handed over together: waking a thread is most of the price.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeVar

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from cloud_bridge.network.problems import StoreProblem

T = TypeVar("T")

_MOST_UNITS = 256
_READERS = 4
# PostgreSQL's codes for "once more": a deadlock, a serialization failure.
_ONCE_MORE = frozenset({"40P01", "40001"})
_MOST_TRIES = 5
# Of every driver (PEP 249): what a unit wants cannot be written. Whatever else it is may have
# reached the disk all the same, and is not done twice.
_OF_A_UNIT = frozenset({"DataError", "IntegrityError", "ProgrammingError"})

_log = structlog.get_logger("network.store")


class Companion(Protocol):
    """What lives in memory beside the transaction. Called on the lane's thread only."""

    def mark(self) -> int:
        """How much there is now; for `undo`."""
        ...

    def undo(self, mark: int) -> None:
        """Forget what came since the mark: its unit raised. 0: the transaction was lost."""
        ...

    def flush(self, connection: Connection) -> None:
        """Write what was put off; the last before the commit."""
        ...

    def committed(self) -> None:
        """It is durable."""
        ...


@dataclass(slots=True, eq=False)
class _Unit:
    work: Callable[[Connection], Any]
    answer: "asyncio.Future[Any]"
    result: Any = None
    failure: BaseException | None = None


class WriterLane:
    """Implements `Lane`. Use as an async context manager; belongs to one event loop.

    `write` and `read` raise StoreProblem when the database could not do it; its `may_be_kept` says
    whether that is all that is known. What else `write` raises has left nothing.
    """

    def __init__(self, writer: Engine, reader: Engine) -> None:
        self._writer = writer
        self._reader = reader
        self._companions: tuple[Companion, ...] = ()
        self._waiting: list[_Unit] = []
        self._is_busy = False
        self._groups: queue.SimpleQueue[Sequence[_Unit] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="network-writer", daemon=True)
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="network-reader")
        self._connection: Connection | None = None
        self.commits = 0
        self.units = 0

    def accompany(self, companion: Companion) -> None:
        """Have it told of each transaction; before the lane is entered."""
        self._companions = (*self._companions, companion)

    async def __aenter__(self) -> Self:
        """Start the thread."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Write what waits, then stop."""
        while self._waiting or self._is_busy:
            await self.write(lambda _connection: None)
        self._groups.put(None)
        await asyncio.to_thread(self._thread.join)
        await asyncio.to_thread(self._readers.shutdown)
        self._writer.dispose()
        self._reader.dispose()

    async def write(self, work: Callable[[Connection], T]) -> T:
        """See `Lane`."""
        unit = _Unit(work, self._loop.create_future())
        self._waiting.append(unit)
        if not self._is_busy:
            self._is_busy = True
            self._loop.call_soon(self._hand_over)
        result: T = await unit.answer
        return result

    async def read(self, question: Callable[[Connection], T]) -> T:
        """See `Lane`."""
        return await self._loop.run_in_executor(self._readers, self._ask, question)

    def _ask(self, question: Callable[[Connection], T]) -> T:
        try:
            with self._reader.connect() as connection:
                return question(connection)
        except SQLAlchemyError as error:
            raise _problem(error, may_be_kept=False) from error

    def _hand_over(self) -> None:
        group, self._waiting = self._waiting[:_MOST_UNITS], self._waiting[_MOST_UNITS:]
        self._groups.put(group)

    def _run(self) -> None:
        while (group := self._groups.get()) is not None:
            self._commit(group)
            self._loop.call_soon_threadsafe(self._settle, group)
        self._drop_connection()

    def _settle(self, group: Sequence[_Unit]) -> None:
        for unit in group:
            if unit.answer.done():
                continue
            if unit.failure is not None:
                unit.answer.set_exception(unit.failure)
            else:
                unit.answer.set_result(unit.result)
        self._is_busy = bool(self._waiting)
        if self._waiting:
            self._loop.call_soon(self._hand_over)

    def _commit(self, group: Sequence[_Unit], *, tried: int = 1) -> None:
        may_be_kept = False
        try:
            connection = self._connected()
            with connection.begin():
                for unit in group:
                    self._carry_out(unit, connection)
                for companion in self._companions:
                    companion.flush(connection)
                may_be_kept = True  # from here on: an answer that is lost says nothing
        except Exception as error:  # noqa: BLE001 - whatever it is: the group fails, not the lane
            self._undo(0)
            self._failed(group, error, tried=tried, may_be_kept=may_be_kept)
            return
        for companion in self._companions:
            companion.committed()
        self.commits += 1
        self.units += len(group)

    def _carry_out(self, unit: _Unit, connection: Connection) -> None:
        marks = [companion.mark() for companion in self._companions]
        unit.failure = None
        connection.exec_driver_sql("SAVEPOINT unit")
        try:
            unit.result = unit.work(connection)
        except SQLAlchemyError:
            raise  # the transaction may be lost with it: each unit is tried alone
        except Exception as failure:  # noqa: BLE001 - goes to whoever asked
            unit.failure = failure
            connection.exec_driver_sql("ROLLBACK TO SAVEPOINT unit")
            for companion, mark in zip(self._companions, marks, strict=True):
                companion.undo(mark)
        connection.exec_driver_sql("RELEASE SAVEPOINT unit")

    def _failed(
        self, group: Sequence[_Unit], error: Exception, *, tried: int, may_be_kept: bool
    ) -> None:
        self._drop_connection()
        blamed = getattr(error, "orig", None)
        is_once_more = getattr(blamed, "sqlstate", None) in _ONCE_MORE and tried < _MOST_TRIES
        if is_once_more or (len(group) > 1 and type(error).__name__ in _OF_A_UNIT):
            # One of them wants what cannot be written: the others must not fail with it.
            for unit in group:
                self._commit([unit], tried=tried + 1)
            return
        for unit in group:
            if may_be_kept or isinstance(error, SQLAlchemyError):
                unit.failure = _problem(error, may_be_kept=may_be_kept)
            else:
                unit.failure = error

    def _undo(self, mark: int) -> None:
        for companion in self._companions:
            companion.undo(mark)

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._writer.connect()
        return self._connection

    def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()


def _problem(error: Exception, *, may_be_kept: bool) -> StoreProblem:
    _log.error("store_failed", error=" ".join(str(error).split())[:1000])
    # A server's own words name hosts and users, which are no caller's business.
    return StoreProblem(
        "the database could not do it; the network's log says why (store_failed)",
        may_be_kept=may_be_kept,
    )
