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
