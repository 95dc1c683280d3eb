"""Why a job is not done."""

from typing import ClassVar

from gateway.errors import Owner, Problem


class LeaseLostProblem(Problem):
    """Another has claimed the job since; what this one did is not written."""

    type: ClassVar[str] = "lease-lost"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "The job went to another worker because this one took too long"
    owner: ClassVar[Owner] = "it"
    cure: ClassVar[str] = "Nothing to do: whoever has the job now finishes it."
    retry_after_seconds: ClassVar[int | None] = 5


class TooMuchOpenProblem(Problem):
    """The caller's own backlog has reached its limit."""

    type: ClassVar[str] = "too-much-open"
    status: ClassVar[int] = 429
    title: ClassVar[str] = "So much of this system is open that no more is taken in"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Wait until earlier batches have ended, then send the rest."
    retry_after_seconds: ClassVar[int | None] = 30


class GatewayFullProblem(Problem):
    """What is open in all has reached its limit."""

    type: ClassVar[str] = "gateway-full"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "So much is open that nothing more is taken in"
    owner: ClassVar[Owner] = "it"
    cure: ClassVar[str] = "See why so much waits (metrics `sealgate_jobs`); or raise the limits."
    retry_after_seconds: ClassVar[int | None] = 60


class DiskShortProblem(Problem):
    """What is free on the disk is kept for what was taken in before."""

    type: ClassVar[str] = "disk-short"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "The disk is nearly full, so no new batch is taken in"
    owner: ClassVar[Owner] = "it"
    cure: ClassVar[str] = "Make room for the state directory; what was accepted is still sealed."
    retry_after_seconds: ClassVar[int | None] = 60
