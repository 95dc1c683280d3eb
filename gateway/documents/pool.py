"""The document workers as the gateway sees them: who is free, who hangs, who has to be replaced.

A worker answers in the order it was asked, so the oldest message in its hand is the one it works
at; that one is to blame when the worker hangs or dies, and the others go back to the queue.
"""

import asyncio
import itertools
import os
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
import structlog

from gateway.config import DocumentsConfig
from gateway.documents import errors
from gateway.documents.container import ContainerPress
from gateway.documents.hung import HungDocuments
from gateway.documents.model import Doubt, Preparation, Prepared
from gateway.documents.starting import start
from gateway.documents.wire import (
    PROTOCOL,
    FromWorker,
    LoadSeal,
    Prepare,
    Ready,
    Refused,
    SetUp,
    decode_from_worker,
    encode,
)
from gateway.seals.model import SealMaterial
from processes.channel import AsyncChannel
from processes.child import Child
from processes.errors import ChannelClosedError, FrameTooLargeError, ProcessError

# Two: while a worker's answer travels, its next document is already there.
_IN_HAND = 2
_BLAMED_TWICE = 2
# Of seals that were changed meanwhile; those in use are made again in a millisecond.
_MOST_CONTAINER_PRESSES = 1000
# A worker takes about a quarter of a second for each, and documents wait meanwhile.
_MOST_MADE_READY = 8
_FIRST_BACK_OFF, _LONGEST_BACK_OFF = 0.1, 10.0

_log = structlog.get_logger("documents")

_PROBLEMS: dict[str, type[errors.DocumentProblem]] = {
    problem.type: problem
    for problem in vars(errors).values()
    if isinstance(problem, type) and issubclass(problem, errors.DocumentProblem)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerLimits:
    """What a worker may use for one document."""

    count: int
    deadline_seconds: float
    max_memory_bytes: int
    queue_seconds: float
    stamp_font: Path | None = None

    @classmethod
    def of(cls, config: DocumentsConfig) -> Self:
        """The limits that the configuration names; one worker a core unless it says otherwise."""
        return cls(
            count=config.workers or os.cpu_count() or 1,
            deadline_seconds=config.deadline_seconds,
            max_memory_bytes=config.max_memory_bytes,
            queue_seconds=config.queue_seconds,
            stamp_font=config.stamp_font,
        )


class _OutOfTurnError(Exception):
    """A worker answered what it was not asked: a defect, or a document has taken it over."""


@dataclass(slots=True, eq=False)
class _Job:
    message: Prepare
    frame: bytes
    document: bytes
    material: SealMaterial
    answer: "asyncio.Future[Prepared]"
    blamed: int = 0


@dataclass(slots=True, eq=False)
class _Worker:
    child: Child
    channel: AsyncChannel
    loaded: set[str] = field(default_factory=set)
    in_hand: deque[_Job] = field(default_factory=deque)
    timer: asyncio.TimerHandle | None = None
    hung_with: _Job | None = None


class WorkerPool:
    """Implements `DocumentPress` over worker processes. Use as an async context manager."""

    def __init__(
        self,
        limits: WorkerLimits,
        *,
        start_worker: Callable[[], Child],
        tell_doubt: Callable[[Doubt], None] = lambda _doubt: None,
    ) -> None:
        """Workers within these limits.

        Args:
            limits: what one document may cost.
            start_worker: starts a worker's process.
            tell_doubt: is told why a document went the second way, each time.
        """
        self._limits = limits
        self._start_worker = start_worker
        self._tell_doubt = tell_doubt
        self._numbers = itertools.count(1)
        self._queue: deque[_Job] = deque()
        self._workers: list[_Worker] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._containers: dict[str, ContainerPress] = {}
        self._hung = HungDocuments()
        self._made_ready: tuple[SealMaterial, ...] = ()
        self.restarts = 0
        self.restrictions: tuple[str, ...] = ()

    async def __aenter__(self) -> Self:
        """Start every worker; gives itself when all are ready.

        Raises:
            ChannelClosedError: one ended before it was ready.
        """
        starting = (self._start() for _ in range(self._limits.count))
        for outcome in await asyncio.gather(*starting, return_exceptions=True):
            if isinstance(outcome, BaseException):
                self._end_workers()
                raise outcome
        for number, worker in enumerate(self._workers):
            self._tasks.append(asyncio.create_task(self._keep(worker), name=f"worker-{number}"))
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _value: object, _trace: TracebackType | None
    ) -> None:
        """End every worker; whoever still waits for one is told."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        left = [*self._queue, *(job for worker in self._workers for job in worker.in_hand)]
        for job in left:
            if not job.answer.done():
                job.answer.set_exception(errors.WorkersUnavailableProblem("the workers are ended"))
        self._end_workers()

    def _end_workers(self) -> None:
        for worker in self._workers:
            worker.channel.close()
            worker.child.kill()
        self._workers.clear()

    @property
    def pids(self) -> tuple[int, ...]:
        """The running workers' process ids."""
        return tuple(worker.child.process.pid for worker in self._workers)

    async def prove_ready(self) -> None:
        """Raise unless a worker is there.

        Raises:
            WorkersUnavailableProblem: all have ended and none has started again yet.
        """
        if not self._workers:
            raise errors.WorkersUnavailableProblem("no worker is running")

    def make_ready(self, seals: Iterable[SealMaterial]) -> None:
        """Have every worker draw these seals now, so that no document has to wait for it.

        Workers that are started later do so, too. Of many seals, only the first eight: the others
        are made ready with the first document that asks for them.
        """
        self._made_ready = tuple(itertools.islice(seals, _MOST_MADE_READY))
        for worker in self._workers:
            self._load_what_is_made_ready(worker)

    def _load_what_is_made_ready(self, worker: _Worker) -> None:
        for seal in self._made_ready:
            self._load(worker, seal)

    def _load(self, worker: _Worker, seal: SealMaterial) -> None:
        if seal.fingerprint not in worker.loaded:
            worker.loaded.add(seal.fingerprint)
            worker.channel.send(encode(LoadSeal(material=seal)))

    async def prepare(
        self, document: bytes, preparation: Preparation, seal: SealMaterial
    ) -> Prepared:
        """See `DocumentPress.prepare`."""
        loop = asyncio.get_running_loop()
        self._refuse_if_it_hung(document, now=loop.time())
        message = Prepare(
            number=next(self._numbers),
            seal=seal.fingerprint,
            preparation=preparation,
        )
        # Written before anybody waits for it: what cannot be written must not stay in a hand.
        job = _Job(message, encode(message), document, seal, loop.create_future())
        self._queue.append(job)
        self._hand_out()
        late = loop.call_later(self._limits.queue_seconds, self._give_up, job)
        try:
            prepared = await job.answer
        finally:
            late.cancel()
        if prepared.doubt is not None:
            self._tell_doubt(prepared.doubt)
        return prepared

    def to_be_signed(self, document_digest: bytes, seal: SealMaterial) -> bytes:
        """See `DocumentPress.to_be_signed`."""
        return self._containers_of(seal).to_be_signed(document_digest)

    async def complete(
        self, prepared: Prepared, seal: SealMaterial, *, to_be_signed: bytes, signature: bytes
    ) -> bytes:
        """See `DocumentPress.complete`; done here, as nothing of it is parsed."""
        containers = self._containers_of(seal)
        return containers.complete(prepared, to_be_signed=to_be_signed, signature=signature)

    def _containers_of(self, seal: SealMaterial) -> ContainerPress:
        containers = self._containers.get(seal.fingerprint)
        if containers is None:
            containers = ContainerPress(certificates=seal.certificates, mechanism=seal.mechanism)
            if len(self._containers) >= _MOST_CONTAINER_PRESSES:
                self._containers.clear()
            self._containers[seal.fingerprint] = containers
        return containers

    def _refuse_if_it_hung(self, document: bytes, *, now: float) -> None:
        seconds = self._hung.remaining_seconds(document, now=now)
        if seconds:
            raise errors.DocumentTooDemandingProblem(
                f"these very bytes held a worker for {self._limits.deadline_seconds:g} s; they are "
                f"not read again for another {seconds:.0f} s"
            )

    def _give_up(self, job: _Job) -> None:
        if not job.answer.done():
            job.answer.set_exception(
                errors.WorkersUnavailableProblem(
                    f"no worker took the document within {self._limits.queue_seconds:g} s"
                )
            )

    def _hand_out(self) -> None:
        while self._queue:
            living = (worker for worker in self._workers if worker.hung_with is None)
            worker = min(living, key=lambda each: len(each.in_hand), default=None)
            if worker is None or len(worker.in_hand) >= _IN_HAND:
                return
            job = self._queue.popleft()
            if not job.answer.done():
                self._give(worker, job)

    def _give(self, worker: _Worker, job: _Job) -> None:
        self._load(worker, job.material)
        worker.in_hand.append(job)
        worker.channel.send(job.frame)
        worker.channel.send(job.document)
        if len(worker.in_hand) == 1:
            self._start_timer(worker)

    def _start_timer(self, worker: _Worker) -> None:
        if worker.timer is not None:
            worker.timer.cancel()
        worker.timer = (
            asyncio.get_running_loop().call_later(
                self._limits.deadline_seconds, self._end_hung, worker
            )
            if worker.in_hand
            else None
        )

    def _end_hung(self, worker: _Worker) -> None:
        worker.hung_with = worker.in_hand[0]
        worker.child.process.kill()  # `_keep` sees the closed channel and starts another

    async def _keep(self, worker: _Worker) -> None:
        while True:
            try:
                while True:
                    self._settle(worker, decode_from_worker(await worker.channel.receive()))
            except ChannelClosedError:
                pass
            except (msgspec.MsgspecError, FrameTooLargeError, _OutOfTurnError) as error:
                _log.error("worker_misbehaved", error=str(error))
            await self._bury(worker)
            worker = await self._start_again()
            self._hand_out()

    def _settle(self, worker: _Worker, reply: FromWorker) -> None:
        job = worker.in_hand[0] if worker.in_hand else None
        if job is None or isinstance(reply, Ready) or reply.number != job.message.number:
            raise _OutOfTurnError("it answered what it was not asked")
        if isinstance(reply, Refused):
            if reply.problem not in _PROBLEMS:
                raise _OutOfTurnError("it refused for a reason that is none of ours")
        else:
            self._check_prepared(reply.prepared, job.material)
            if not reply.prepared.answers(job.message.preparation):
                raise _OutOfTurnError("it told of the content what it was not asked")
        worker.in_hand.popleft()
        self._start_timer(worker)
        if not job.answer.done():
            if isinstance(reply, Refused):
                job.answer.set_exception(_PROBLEMS[reply.problem](reply.detail))
            else:
                job.answer.set_result(reply.prepared)
        self._hand_out()

    def _check_prepared(self, prepared: Prepared, seal: SealMaterial) -> None:
        # Before the key is used: what cannot be completed must not be signed.
        try:
            fits = self._containers_of(seal).fits(prepared)
        except ValueError as error:
            raise _OutOfTurnError(f"it prepared for a seal that cannot sign: {error}") from error
        if not fits:
            raise _OutOfTurnError("it left no room for the signature container")

    async def _bury(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        self.restarts += 1
        if worker.timer is not None:
            worker.timer.cancel()
        worker.channel.close()
        await asyncio.to_thread(worker.child.kill)
        hung = worker.hung_with is not None
        code = worker.child.process.returncode
        _log.warning("worker_ended", exit_code=code, hung=hung, in_hand=len(worker.in_hand))
        if worker.in_hand:
            self._blame(worker.in_hand[0], worker)
        self._queue.extendleft(reversed(worker.in_hand))
        self._hand_out()

    def _blame(self, suspect: _Job, worker: _Worker) -> None:
        """Refuse the document that ended the worker, if one did.

        One that hung is known. Otherwise a first time may be somebody else's kill -9, but what was
        in hand when two workers died is refused before it takes a third.
        """
        if worker.hung_with is None:
            suspect.blamed += 1
        # An answer may have come in the moment of the deadline; then nobody is to blame.
        hung = suspect is worker.hung_with
        if hung or suspect.blamed >= _BLAMED_TWICE:
            worker.in_hand.popleft()
            self._refuse(suspect, hung=hung)
        if hung:
            self._hung.add(suspect.document, now=asyncio.get_running_loop().time())

    def _refuse(self, job: _Job, *, hung: bool) -> None:
        if not job.answer.done():
            job.answer.set_exception(
                errors.DocumentTooDemandingProblem(
                    f"reading it took longer than {self._limits.deadline_seconds:g} s"
                    if hung
                    else "reading it ended two workers"
                )
            )

    async def _start_again(self) -> _Worker:
        back_off = _FIRST_BACK_OFF
        while True:
            try:
                return await self._start()
            except (ProcessError, OSError) as error:
                _log.error("worker_did_not_start", error=str(error), next_try_seconds=back_off)
                await asyncio.sleep(back_off)
                back_off = min(back_off * 2, _LONGEST_BACK_OFF)

    async def _start(self) -> _Worker:
        font = self._limits.stamp_font
        setup = SetUp(
            protocol=PROTOCOL,
            max_memory_bytes=self._limits.max_memory_bytes,
            stamp_font=None if font is None else str(font),
        )
        started = await start(self._start_worker, setup)
        self.restrictions = started.restrictions
        worker = _Worker(started.child, started.channel)
        self._workers.append(worker)
        self._load_what_is_made_ready(worker)
        return worker
