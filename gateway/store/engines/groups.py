"""A thread that takes whatever waits for it at once, and whose callers are woken together.

Under load most of the price of a thread is not its work but the handing over: each wake-up, of the
thread as of the event loop, is a system call and a fight for the interpreter lock. So what comes
is gathered on the event loop, and a group is one hand-over each way.
"""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

# Where several came together the last time, more are on their way: the group waits a moment for
# them (PostgreSQL's commit_delay), the longer the more came. A group costs some 0.4 ms of CPU
# whatever is in it, so at full load it is worth waiting; up to three wait for nobody.
_NOT_GATHERED = 3
_GATHER_SECONDS_EACH = 0.0005
_LONGEST_GATHER_SECONDS = 0.006

WorkT = TypeVar("WorkT")


@dataclass(slots=True, eq=False)
class Errand(Generic[WorkT]):
    """Something to be done, and who waits for it.

    Attributes:
        work: what is to be done.
        answer: the caller's future. Only its event loop may settle it.
        result: what came of it, or the error if `failure` is set.
    """

    work: WorkT
    answer: "asyncio.Future[Any]"
    result: Any = None
    failure: BaseException | None = None


class GroupThread(Generic[WorkT]):
    """Does errands in groups, in the order in which they came. Belongs to one event loop."""

    def __init__(
        self, name: str, *, carry_out: Callable[[list[Errand[WorkT]]], None], most: int
    ) -> None:
        """Make the thread; `start` starts it.

        Args:
            name: the thread's.
            carry_out: does one group, on the thread; MUST NOT raise.
            most: errands in one group.
        """
        self._carry_out = carry_out
        self._most = most
        self._waiting: list[Errand[WorkT]] = []
        self._is_asked = False
        self._is_called = False
        self._under_way: asyncio.Future[None] | None = None
        self._last_size = 0
        self._groups: queue.SimpleQueue[list[Errand[WorkT]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread, for the event loop that runs."""
        # Kept: before Python 3.12 each question for the running loop is a system call (getpid).
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    async def stop(self) -> None:
        """Do what waits, then stop."""
        while self._waiting or self._under_way is not None:
            self._hand_over()
            if self._under_way is not None:
                await self._under_way
        self._groups.put(None)
        await asyncio.to_thread(self._thread.join)

    async def ask(self, work: WorkT) -> Any:  # noqa: ANN401 - whatever the work gives
        """Have it done and wait for it."""
        answer = self.along(work)
        self._is_asked = True
        if self._under_way is None and not self._is_called:
            self._call()
        return await answer

    def along(self, work: WorkT) -> "asyncio.Future[Any]":
        """Have it done in its place with what is asked for next, at the end at the latest.

        It calls the thread for nothing: while nobody asks for anything, it waits.
        """
        answer = self._loop.create_future()
        self._waiting.append(Errand(work, answer))
        return answer

    def _call(self) -> None:
        self._is_called = True
        beyond = self._last_size - _NOT_GATHERED
        if beyond > 0:
            pause = min(beyond * _GATHER_SECONDS_EACH, _LONGEST_GATHER_SECONDS)
            self._loop.call_later(pause, self._hand_over)
        else:
            self._loop.call_soon(self._hand_over)

    def _hand_over(self) -> None:
        self._is_called = False
        if self._under_way is not None:
            return
        taken, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        self._is_asked = bool(self._waiting)
        # Whoever has given up waiting is left out.
        group = [errand for errand in taken if not errand.answer.cancelled()]
        if group:
            self._last_size = len(group)
            self._under_way = self._loop.create_future()
            self._groups.put(group)
        elif self._is_asked:
            self._call()

    def _run(self) -> None:
        while (group := self._groups.get()) is not None:
            self._carry_out(group)
            with contextlib.suppress(RuntimeError):  # it is closed: nobody waits any more
                self._loop.call_soon_threadsafe(self._settle, group)

    def _settle(self, group: list[Errand[WorkT]]) -> None:
        for errand in group:
            if errand.answer.done():
                continue
            if errand.failure is not None:
                errand.answer.set_exception(errand.failure)
            else:
                errand.answer.set_result(errand.result)
        under_way, self._under_way = self._under_way, None
        if under_way is not None and not under_way.done():
            under_way.set_result(None)
        if self._is_asked:
            self._call()
