"""Why a question about policies has no answer."""

from typing import ClassVar

from gateway.errors import Owner, Problem


class PoliciesMistakenProblem(Problem):
    """The policies that the question is about have mistakes."""

    type: ClassVar[str] = "policies-mistaken"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The policies have mistakes, so nothing can be said of them"
    owner: ClassVar[Owner] = "officer"
    cure: ClassVar[str] = "Correct what the reasons name; /v1/policies/check tells the same."


class QuestionRefusedProblem(Problem):
    """The question makes no sense."""

    type: ClassVar[str] = "question-refused"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The question about the policies cannot be answered as it is asked"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Correct what the detail names, as docs/api.md says."


class DeskBusyProblem(Problem):
    """Another question is being answered."""

    type: ClassVar[str] = "desk-busy"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "Other questions about policies come first"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Ask again after a moment; one question is answered at a time."
    retry_after_seconds: ClassVar[int | None] = 10


class QuestionTooDemandingProblem(Problem):
    """Answering takes more time or memory than the gateway gives to it."""

    type: ClassVar[str] = "question-too-demanding"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "Answering takes more than the gateway has left for it"
    owner: ClassVar[Owner] = "officer"
    cure: ClassVar[str] = "Ask for a shorter time, or use `sealgate policy` beside the gateway."
