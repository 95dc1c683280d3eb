"""Why a freeze, or its end, is not taken."""

from typing import ClassVar

from gateway.errors import Owner, Problem


class FreezeStatementRefusedProblem(Problem):
    """The statement is not one of the officers', or not of this freeze."""

    type: ClassVar[str] = "freeze-statement-refused"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "The statement does not freeze, or does not unfreeze, anything"
    owner: ClassVar[Owner] = "officer"
    cure: ClassVar[str] = (
        "Sign with keys of officers that the Governance in force names; `sealgate freeze` and "
        "`sealgate unfreeze` write the statements."
    )


class FreezeScopeUnknownProblem(Problem):
    """What is to be frozen does not exist."""

    type: ClassVar[str] = "freeze-scope-unknown"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "There is nothing of that name to freeze"
    owner: ClassVar[Owner] = "officer"
    cure: ClassVar[str] = "Name it as the policies in force do, or freeze the gateway."


class FreezeUnknownProblem(Problem):
    """There is no such freeze."""

    type: ClassVar[str] = "freeze-unknown"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "There is no such freeze"
    owner: ClassVar[Owner] = "officer"
    cure: ClassVar[str] = "Take the id from `sealgate freezes`."
