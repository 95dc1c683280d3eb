"""How a delivery ends, or waits for its next try: written in one transaction with its job."""

import contextlib
from collections.abc import Callable, Sequence

import structlog

from gateway.clock import Clock
from gateway.jobs.errors import LeaseLostProblem
from gateway.jobs.interfaces import JobQueue
from gateway.jobs.model import ClaimedJob
from gateway.returns.interfaces import Receiver
from gateway.returns.model import Answer, DeliveryState
from gateway.returns.schedule import pause_after
from gateway.store.engines.lane import Transaction

_log = structlog.get_logger("returns")


class Endings:
    """Writes what became of deliveries. On the writer lane's thread only."""

    def __init__(
        self,
        queue: JobQueue,
        *,
        clock: Clock,
        chance: Callable[[], float],
        gone: Callable[[Transaction, str, Answer], None],
    ) -> None:
        """Make it; see `gateway.returns.delivering.Delivering`."""
        self._queue = queue
        self._clock = clock
        self._chance = chance
        self._gone = gone

    def end(
        self, transaction: Transaction, receiver: Receiver, job: ClaimedJob, answer: Answer
    ) -> None:
        """One try is over.

        Raises:
            LeaseLostProblem: another has the job; before anything is written.
        """
        state = self._end_job(transaction, job, answer)
        receiver.write_down(transaction, job, answer, state)

    def give_back(self, transaction: Transaction, jobs: Sequence[ClaimedJob]) -> None:
        """They were not tried."""
        for job in jobs:
            with contextlib.suppress(LeaseLostProblem):
                self._queue.give_back(transaction, job.lease)

    def _end_job(self, transaction: Transaction, job: ClaimedJob, answer: Answer) -> DeliveryState:
        reason = answer.said.encode()
        if answer.verdict == "taken":
            self._queue.finish(transaction, job.lease)
            return "delivered"
        pause = pause_after(job.attempt, chance=self._chance(), asked=answer.retry_after)
        if answer.verdict == "refused" or pause is None:
            self._queue.bury(transaction, job.lease, reason=reason)
            _log.error("delivery_given_up", job=job.key, tries=job.attempt, said=answer.said)
            return "given-up"
        not_before = self._clock.now() + pause
        self._queue.retry(transaction, job.lease, not_before=not_before, reason=reason)
        if answer.verdict == "gone":
            self._gone(transaction, job.subject, answer)
        return "failing"
