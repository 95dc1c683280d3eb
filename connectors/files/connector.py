"""A connector to a folder of files, wherever the folder is."""

import asyncio
import contextlib
import errno
from abc import abstractmethod
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from typing import Self, TypeVar

from connectors.errors import ConnectorAwayError
from connectors.files.arrivals import INBOX, STOCK
from connectors.files.intake import FileIntake
from connectors.files.results import FileResults
from connectors.files.tree import FileTree
from connectors.model import Delivery, Fetched, Page

T = TypeVar("T")

_MOST_AT_ONCE = 256
_NO_FILE = frozenset(
    (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.EINVAL, errno.EACCES)
)
"""Nothing, a folder, a link, a device, or what the gateway's user may not read."""


class FileConnector:
    """Implements `connectors.interfaces.Connector`, but for where its folder is.

    What is to be delivered while others are being delivered goes together with what comes after
    it: a sync of the disk costs the same for one as for many.
    """

    fetches = True
    delivers = True

    def __init__(self, name: str, where: str, *, intake: FileIntake, results: FileResults) -> None:
        """With its name and place, for messages, and how it takes files and writes results."""
        self._name = name
        self._where = where
        self._intake = intake
        self._results = results
        self._waiting: list[tuple[Delivery, asyncio.Future[None]]] = []
        self._delivering: asyncio.Task[None] | None = None
        # A thread each: a share that hangs must not hold up anything else.
        self._incoming = ThreadPoolExecutor(1, thread_name_prefix=f"{name}-in")
        self._outgoing = ThreadPoolExecutor(1, thread_name_prefix=f"{name}-out")

    @abstractmethod
    def tree(self) -> AbstractContextManager[FileTree]:
        """The folder, open for one errand. Called and used on one thread.

        Raises:
            OSError: it cannot be used.
        """

    async def __aenter__(self) -> Self:
        """See `Connector`: the folder is opened for each errand."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """See `Connector`. What hangs in a share is left behind."""
        if self._delivering is not None:
            self._delivering.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._delivering
        for waiting in self._waiting:
            waiting[1].cancel()
        for threads in (self._incoming, self._outgoing):
            threads.shutdown(wait=False, cancel_futures=True)

    async def fetch(self, cursor: str | None, *, most: int) -> Page:
        """See `Connector`; needs no cursor."""
        del cursor
        return Page(
            items=await self._errand(
                self._incoming, lambda tree: self._intake.fetch(tree, most=most)
            ),
            cursor=None,
        )

    async def acknowledge(self, fetched: Sequence[Fetched]) -> None:
        """See `Connector`."""
        await self._errand(self._incoming, lambda tree: self._intake.acknowledge(tree, fetched))

    async def deliver(self, delivery: Delivery) -> None:
        """See `Connector`."""
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((delivery, done))
        if self._delivering is None or self._delivering.done():
            self._delivering = asyncio.create_task(self._deliver_waiting())
        await done

    async def lying_ready(self, name: str, *, most_bytes: int) -> bytes | None:
        """See `Stock`: what lies in the folder `stock`."""

        def read(tree: FileTree) -> bytes | None:
            try:
                return tree.read(f"{STOCK}/{name}", most_bytes=most_bytes)
            except OSError as error:
                if error.errno in _NO_FILE:
                    return None
                raise

        return await self._errand(self._incoming, read)

    async def prove(self) -> None:
        """See `Connector`."""
        await self._errand(self._incoming, _nothing)

    async def _deliver_waiting(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting[:_MOST_AT_ONCE], self._waiting[_MOST_AT_ONCE:]
            deliveries = [delivery for delivery, _ in group]
            failure: Exception | None = None
            try:
                await self._errand(
                    self._outgoing, partial(self._results.deliver, deliveries=deliveries)
                )
            except Exception as error:  # noqa: BLE001 - whatever it was, those who wait are told
                failure = error
            for _, done in group:
                if done.done():
                    continue
                if failure is None:
                    done.set_result(None)
                else:
                    done.set_exception(failure)

    async def _errand(self, threads: ThreadPoolExecutor, errand: Callable[[FileTree], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(threads, self._run, errand)

    def _run(self, errand: Callable[[FileTree], T]) -> T:
        try:
            with self.tree() as tree:
                if not tree.is_there(INBOX):
                    raise ConnectorAwayError(
                        f"{self._name}: there is no folder `{INBOX}` in {self._where}. See whether "
                        "the share is mounted; for a new connector, make the folder"
                    )
                return errand(tree)
        except OSError as error:
            raise ConnectorAwayError(
                f"{self._name}: {self._where} cannot be used: {error.strerror or error}. See "
                "whether the share is mounted, has room, and lets the gateway's user write"
            ) from error


def _nothing(_: FileTree) -> None:
    """Whether the folder can be opened is all that is asked."""
