"""The judging process as others see it: asked with bytes, killed when it hangs."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import msgspec

from gateway.clock import Clock
from gateway.verification.model import AskedRevision, FileJudgement, RevisionJudgement
from gateway.verification.wire import (
    PROTOCOL,
    FromChild,
    Judge,
    Judged,
    JudgedRevision,
    JudgeRevision,
    SetUp,
    decode_from_child,
    encode,
)
from processes.asking import AskedChild, EndedError, TooSlowError
from processes.child import Child, start_child

MODULE = "gateway.verification.child"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifierLimits:
    """What one file may cost; past it nothing can be told of the file."""

    deadline_seconds: float = 30.0
    max_memory_bytes: int = 1024 * 1024 * 1024
    max_document_bytes: int = 128 * 1024 * 1024


class Verifier:
    """Judges files, one at a time. Use as an async context manager.

    Args:
        trust: certificates that are believed without proof, DER.
        clock: says what lies in the future.
        limits: what one file may cost.
        start: starts the judging process.
    """

    def __init__(
        self,
        *,
        trust: tuple[bytes, ...],
        clock: Clock,
        limits: VerifierLimits | None = None,
        start: Callable[[], Child] = lambda: start_child(MODULE, offline=True),
    ) -> None:
        self._clock = clock
        self._turn = asyncio.Lock()
        self._limits = limits or VerifierLimits()
        set_up = SetUp(
            protocol=PROTOCOL, max_memory_bytes=self._limits.max_memory_bytes, trust=trust
        )
        self._child = AskedChild(
            start, set_up=encode(set_up), deadline_seconds=self._limits.deadline_seconds
        )

    async def __aenter__(self) -> Self:
        """Nothing is started before there is something to judge."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """End the judging process."""
        await self._child.end()

    async def judge(self, document: bytes) -> FileJudgement:
        """The judgement; a file that hangs or crashes its judge is one that nothing can be told of.

        Never raises for what is in the file.
        """
        found = await self._asked(Judge(document=document, now=self._clock.now()))
        if isinstance(found, Judged):
            return found.judgement
        return FileJudgement(verdict="could-not-tell", why=(str(found),))

    async def judge_revision(
        self, base: bytes, document: bytes, asked: AskedRevision
    ) -> RevisionJudgement:
        """Whether a document is its base with a signature and nothing else; see `AskedRevision`.

        Never raises for what is in the file. Those who ask at the same time wait for one another.
        """
        if len(base) != asked.base_bytes or not document.startswith(base):
            why = "it does not begin with the bytes of the document that was signed upon"
            return RevisionJudgement(fault="other-base", why=why)
        found = await self._asked(JudgeRevision(document=document, asked=asked))
        if isinstance(found, JudgedRevision):
            return found.judgement
        return RevisionJudgement(fault="could-not-tell", why=str(found))

    async def _asked(self, question: Judge | JudgeRevision) -> FromChild | str:
        """The answer, or why there is none."""
        limits = self._limits
        if len(question.document) > limits.max_document_bytes:
            return (
                f"it has {len(question.document):,} bytes; at most {limits.max_document_bytes:,} "
                "are judged"
            )
        async with self._turn:
            try:
                return decode_from_child(await self._child.ask(encode(question)))
            except TooSlowError:
                return (
                    f"judging it took longer than {limits.deadline_seconds:g} s and was stopped: "
                    "it is made to be slow, or very large"
                )
            except EndedError as ended:
                return (
                    f"it ended the process that read it (exit code {ended.exit_code}): it is "
                    "damaged, or made to do harm"
                )
            except (msgspec.DecodeError, UnicodeDecodeError):
                await self._child.end()
                return "the process that read it gave no answer: it is made to do harm"
