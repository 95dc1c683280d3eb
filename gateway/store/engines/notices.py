"""What one node tells the others of a PostgreSQL database: that something has come (LISTEN/NOTIFY).

A hint and no promise: who misses one looks by itself a little later.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, Self

import structlog
from sqlalchemy import text

from gateway.store.engines.lane import Transaction
from gateway.store.engines.statements import RowStatement

if TYPE_CHECKING:
    import psycopg

_CHANNEL = "sealgate_jobs"
_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 30.0

_tell = RowStatement(
    text(
        "SELECT pg_notify(said.channel, said.word) "
        "FROM (VALUES (:channel, :word)) AS said (channel, word)"
    ),
    "channel",
    "word",
    key=2,
)
_log = structlog.get_logger("store")


class Listening(Protocol):
    """A database whose notices can be heard."""

    async def listen(self) -> "psycopg.AsyncConnection[Any]":
        """A connection of its own, without a transaction."""
        ...


def tell_nodes(transaction: Transaction, word: str) -> None:
    """Tell a word to the other nodes, once the transaction is committed; alone: nobody."""
    if transaction.is_shared:
        transaction.later(_tell, (_CHANNEL, word))


class Notices:
    """Hears what other nodes tell, for as long as it is open. An async context manager.

    A connection that breaks is made anew; meanwhile nothing is heard.
    """

    def __init__(self, database: Listening, heard: Callable[[str], None]) -> None:
        """Make it; `heard` is called with each word, on the event loop."""
        self._database = database
        self._heard = heard
        self._task: asyncio.Task[None] | None = None
        self.connected = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Begin to listen; returns at once."""
        self._task = asyncio.create_task(self._listen(), name="notices")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _listen(self) -> None:
        pause = _PAUSE_SECONDS
        while True:
            try:
                await self._hear()
            except Exception as error:  # noqa: BLE001 - whatever it is: hints are missed, no more
                _log.warning("notices_not_heard", error=type(error).__name__, again_in=pause)
            if self.connected.is_set():
                pause = _PAUSE_SECONDS
            self.connected.clear()
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    async def _hear(self) -> None:
        async with await self._database.listen() as connection:
            await connection.execute(f"LISTEN {_CHANNEL}")
            self.connected.set()
            async for notice in connection.notifies():
                self._heard(notice.payload)
