"""What the rooms above ask of the queue."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from gateway.jobs.model import ClaimedJob, JobKind, Lease, NewJob
from gateway.jobs.outcomes import Outcome, Reason
from gateway.store.engines.lane import Transaction


class JobQueue(Protocol):
    """Durable jobs. What takes a transaction runs within a unit of work of the writer lane.

    Promise: a job that was enqueued is claimed again and again until it is finished, buried or
    cancelled; of several claims of one job only the last can end it.
    """

    def enqueue(self, transaction: Transaction, jobs: Sequence[NewJob]) -> None:
        """Add them, with the transaction. Those whose kind and key are known stay as they are."""
        ...

    async def claim(
        self, kind: JobKind, *, most: int, besides: Collection[str] = ()
    ) -> tuple[ClaimedJob, ...]:
        """Lease up to `most` jobs that are due, fairly among shares, and of each by priority.

        Jobs whose lease has run out are among them; those of the shares `besides` are not.
        """
        ...

    async def wait(self, kind: JobKind, *, seconds: float) -> None:
        """Return when something may be due, at the latest after so long. A hint, no promise."""
        ...

    async def heartbeat(self, leases: Sequence[Lease]) -> tuple[Lease, ...]:
        """Prolong them; gives those that still count, with their new end."""
        ...

    def finish(self, transaction: Transaction, lease: Lease) -> None:
        """End the job: done.

        Raises:
            LeaseLostProblem: another has it; before anything is written.
        """
        ...

    def retry(
        self, transaction: Transaction, lease: Lease, *, not_before: datetime, reason: bytes
    ) -> None:
        """Give it back, for later.

        Raises:
            LeaseLostProblem: as above.
        """
        ...

    def give_back(self, transaction: Transaction, lease: Lease) -> None:
        """Give it back as if it had not been claimed: in its place, and no attempt is counted.

        For what nobody can do at present, because something that all need is away.

        Raises:
            LeaseLostProblem: as above.
        """
        ...

    def bury(self, transaction: Transaction, lease: Lease, *, reason: bytes) -> None:
        """Put it among the dead letters, with the reason.

        Raises:
            LeaseLostProblem: as above.
        """
        ...

    def pause(self, transaction: Transaction, subject: str) -> None:
        """Pause what waits for a subject; what is leased goes on, and is paused if it returns.

        Of many jobs some are paused at once, and the others as soon as something is claimed.
        """
        ...

    def resume(self, transaction: Transaction, subject: str) -> None:
        """Let what was paused be claimed again."""
        ...

    def cancel(self, transaction: Transaction, subject: str) -> None:
        """Cancel what waits or is paused for a subject; what is leased goes on, but not again."""
        ...

    def drop_cancelled(self, transaction: Transaction, subject: str) -> None:
        """Forget what was cancelled for a subject: whoever had it in hand once writes nothing."""
        ...

    def revive(self, transaction: Transaction, subject: str) -> None:
        """Let dead letters of a subject be claimed again, as if they were new."""
        ...


class JobHandler(Protocol):
    """Does the jobs of a kind, many at once."""

    async def work(self, job: ClaimedJob) -> Outcome:
        """Do it, and say what came of it.

        A job may come more than once: after a crash, or when a lease ran out. Whoever says `Done`
        has ended it (`JobQueue.finish`) in the transaction that wrote its result. Whatever is
        raised counts as `Later`, StoreProblem as `Away`, and a lost lease as `Done`.
        """
        ...

    def buried(self, transaction: Transaction, job: ClaimedJob, reason: Reason) -> None:
        """Write (`later`) what goes with a dead letter, in the transaction that makes it one.

        The job may have come to that without `work`: when the process died each time it was begun.
        """
        ...
