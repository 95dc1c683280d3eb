"""Why an approval, or what somebody says of one, is not taken."""

from typing import ClassVar

from gateway.errors import Owner, Problem


class ApprovalUnknownProblem(Problem):
    """There is no such approval, or it is none of the caller's business."""

    type: ClassVar[str] = "approval-unknown"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "There is no such approval"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = (
        "Use the id from the answer; an approval is seen by who asked, by those who hold a role "
        "that it needs, and by auditors."
    )


class ApprovalNotYoursProblem(Problem):
    """Somebody says something of an approval who has no say in it."""

    type: ClassVar[str] = "approval-not-yours"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "You have no say in this approval"
    owner: ClassVar[Owner] = "officer"
    cure: ClassVar[str] = (
        "Ask somebody whose post has one of the roles that the rule names, and who did not ask for "
        "the seal."
    )


class ApprovalStatementInvalidProblem(Problem):
    """What was sent is no statement on an approval, or its signature does not verify."""

    type: ClassVar[str] = "approval-statement-invalid"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The statement is not valid"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = (
        "Sign it with `sealgate approvals approve` and a key that the policies name, or as "
        "docs/approvals.md says."
    )


class ApprovalVoidProblem(Problem):
    """An approval is for another document, seal, purpose or request than this one."""

    type: ClassVar[str] = "approval-void"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The approval is for something else"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = (
        "Send the very document and request that were approved, or have this one approved; any "
        "changed byte voids an approval."
    )


class ProofUnreadableError(Exception):
    """It is no exported proof of approvals, or there is nothing to export; the message says why."""
