"""Why a hold does not begin or end."""

from typing import ClassVar

from gateway.errors import Owner, Problem


class HoldUnknownProblem(Problem):
    """There is no such hold, or it is another company's."""

    type: ClassVar[str] = "hold-unknown"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "There is no such hold"
    owner: ClassVar[Owner] = "officer"
    cure: ClassVar[str] = "Take the id from `sealgate archive holds`."


class HoldEndedProblem(Problem):
    """The hold has ended already."""

    type: ClassVar[str] = "hold-ended"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The hold has ended already"
    owner: ClassVar[Owner] = "officer"
    cure: ClassVar[str] = "Begin a new one if documents are to be held again."


class HoldScopeProblem(Problem):
    """The caller may not hold these documents, or the policies know nothing of the kind."""

    type: ClassVar[str] = "hold-scope"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "The caller cannot hold documents of this company or type"
    owner: ClassVar[Owner] = "officer"
    cure: ClassVar[str] = (
        "Name your company or one below it, and a document type as the policies in force do."
    )
