"""The desk as the gateway sees it: asked one thing at a time, and ended when it takes too long."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from gateway.desk.errors import (
    DeskBusyProblem,
    PoliciesMistakenProblem,
    QuestionRefusedProblem,
    QuestionTooDemandingProblem,
)
from gateway.desk.wire import PROTOCOL, Question, Refused, SetUp, decode_from_desk, encode
from gateway.errors import Problem
from gateway.store.engines.database import SQLiteFile
from gateway.store.engines.postgresql import PostgreSQL
from processes.asking import AskedChild, EndedError, TooSlowError
from processes.child import Child, start_child

MODULE: Final = "gateway.desk.child"
_DEADLINE_SECONDS: Final = 60.0
_MAX_MEMORY_BYTES: Final = 1024 * 1024 * 1024
_MOST_WAITING: Final = 4
_REFUSALS: Final[dict[str, type[Problem]]] = {
    kind.type: kind for kind in (PoliciesMistakenProblem, QuestionRefusedProblem)
}


class Desk:
    """Answers questions about policies in a process of their own, a new one for each."""

    def __init__(
        self,
        *,
        policies: Callable[[], Path | None],
        database: SQLiteFile | PostgreSQL,
        deadline_seconds: float = _DEADLINE_SECONDS,
        start: Callable[[], Child] = lambda: start_child(MODULE),
    ) -> None:
        """Nothing is started before there is a question.

        Args:
            policies: tells where that lies which is in force now: a directory, or a bundle file;
                None while nothing is.
            database: where the past is.
            deadline_seconds: how long an answer may take.
            start: starts the process.
        """
        self._start = start
        self._deadline_seconds = deadline_seconds
        self._policies = policies
        self._database = database
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def ask(self, question: Question) -> bytes:
        """The report, as JSON.

        Raises:
            Problem: see `gateway.desk.errors`.
        """
        if self._waiting >= _MOST_WAITING:
            raise DeskBusyProblem(f"{self._waiting} questions wait already")
        self._waiting += 1
        try:
            async with self._turn:
                return await self._asked(question)
        finally:
            self._waiting -= 1

    async def _asked(self, question: Question) -> bytes:
        child = AskedChild(
            self._start, set_up=self._set_up(), deadline_seconds=self._deadline_seconds
        )
        try:
            answer = decode_from_desk(await child.ask(encode(question)))
        except TooSlowError:
            raise QuestionTooDemandingProblem(
                f"it took more than {self._deadline_seconds:g} s and was ended"
            ) from None
        except EndedError as ended:
            raise QuestionTooDemandingProblem(
                f"it ended the process that answers (exit code {ended.exit_code}): most likely it "
                f"needs more than {_MAX_MEMORY_BYTES} bytes of memory"
            ) from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise QuestionTooDemandingProblem("the process gave no answer") from None
        finally:
            await child.end()
        if isinstance(answer, Refused):
            raise _REFUSALS[answer.problem](answer.detail)
        return answer.report

    def _set_up(self) -> bytes:
        # Anew for each question: with bundles, what is in force is another file after each change.
        policies = self._policies()
        return encode(
            SetUp(
                protocol=PROTOCOL,
                max_memory_bytes=_MAX_MEMORY_BYTES,
                policies=None if policies is None else str(policies),
                database=self._database,
            )
        )
