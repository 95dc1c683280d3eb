"""What stands before one receiver: a few jobs at hand, and some of them on their way."""

from collections import deque

from gateway.clock import Clock
from gateway.jobs.model import ClaimedJob, Lease
from gateway.returns.circuit import Circuit
from gateway.returns.interfaces import Receiver

_AHEAD = 4


class Line:
    """One receiver's. Who is slow or away has a long line, and nobody else waits for it."""

    def __init__(self, receiver: Receiver, *, clock: Clock) -> None:
        self.receiver = receiver
        self.circuit = Circuit(clock)
        self.is_stopped = False
        self._waiting: deque[ClaimedJob] = deque()
        self._under_way: dict[int, ClaimedJob] = {}

    @property
    def is_shut(self) -> bool:
        """Whether nothing goes out now, and what waits had better wait in the queue."""
        return self.is_stopped or self.circuit.is_open

    @property
    def room(self) -> int:
        """How many more jobs may be claimed for it now: none until half of its line is done."""
        if self.is_shut:
            return 0
        at_hand = len(self._waiting) + len(self._under_way)
        if self.circuit.is_away:
            return 0 if at_hand else 1
        most = self.receiver.most_at_once * _AHEAD
        return most - at_hand if 2 * at_hand <= most else 0

    @property
    def leases(self) -> tuple[Lease, ...]:
        """Of all jobs at hand."""
        return tuple(job.lease for job in (*self._waiting, *self._under_way.values()))

    def add(self, job: ClaimedJob) -> None:
        """Take it in, behind the others."""
        self._waiting.append(job)

    def next(self) -> ClaimedJob | None:
        """The job that is to be tried now, which is then on its way; None: none."""
        free = 1 if self.circuit.is_away else self.receiver.most_at_once
        if not self._waiting or self.is_shut or len(self._under_way) >= free:
            return None
        job = self._waiting.popleft()
        self._under_way[job.lease.job] = job
        self.circuit.begin()
        return job

    def ended(self, job: ClaimedJob) -> None:
        """It is no longer on its way."""
        self._under_way.pop(job.lease.job, None)

    def give_up_waiting(self) -> tuple[ClaimedJob, ...]:
        """Those that wait here, which then do so no longer."""
        left = tuple(self._waiting)
        self._waiting.clear()
        return left

    def forget(self, lost: frozenset[int]) -> None:
        """Leave to others what waits here and is theirs by now."""
        self._waiting = deque(job for job in self._waiting if job.lease.job not in lost)
