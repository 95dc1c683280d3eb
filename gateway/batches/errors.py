"""Why a batch is not taken, or a document of it not sealed, apart from what signing says."""

from typing import ClassVar

from gateway.errors import Owner, Problem


class BatchUnknownProblem(Problem):
    """There is no such batch, or it is another system's."""

    type: ClassVar[str] = "batch-unknown"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "There is no such batch"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Use the id from the answer; a system sees its own batches only."


class BatchEmptyProblem(Problem):
    """Nothing is in it."""

    type: ClassVar[str] = "batch-empty"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The batch has no documents"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Send at least one document."


class DeliverToUnknownProblem(Problem):
    """Results cannot be brought there for this system."""

    type: ClassVar[str] = "deliver-to-unknown"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "Nothing of that name brings results to this system"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = (
        "Name a connector that IT declared for your system and the officers agreed to, or leave "
        "`deliverTo` out and fetch the results."
    )


class BatchTakenElsewhereProblem(Problem):
    """The same batch came again, through another door, while this one was being received."""

    type: ClassVar[str] = "batch-sent-twice"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The same batch is being received a second time"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Send it again with the same key; the one that came last is taken."
    retry_after_seconds: ClassVar[int | None] = 5


class BatchStateProblem(Problem):
    """What is asked does not go with the state that the batch is in."""

    type: ClassVar[str] = "batch-state"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The batch is not in a state for this"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Look at the batch's state; the detail says what was expected."


class BatchRefusedProblem(Problem):
    """All or nothing was asked for, and something of it is refused."""

    type: ClassVar[str] = "batch-refused"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "Another document of the batch is refused, and it is all or nothing"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Correct the items whose problem is another than this, and send it anew."


class BusinessNumberTakenProblem(Problem):
    """The number was used for another document of this type and seal."""

    type: ClassVar[str] = "business-number-taken"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The business number has another document already"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = (
        "Compare with the document that the detail names; give this one a number of its own."
    )

    def __init__(self, detail: str, *, document: str | None) -> None:
        super().__init__(detail)
        self.document = document

    def members(self) -> dict[str, object]:
        """The document that has the number."""
        return {} if self.document is None else {"document": self.document}


class InputLostProblem(Problem):
    """The document that was handed in is not where it was put, or not as it was."""

    type: ClassVar[str] = "input-lost"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "The document that was handed in cannot be read any more"
    owner: ClassVar[Owner] = "it"
    cure: ClassVar[str] = "Look after the disk, and have the document handed in again."


class ReceiptNotReadyProblem(Problem):
    """The batch has not ended, or its receipt is not signed yet."""

    type: ClassVar[str] = "receipt-not-ready"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "There is no receipt yet"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Ask again once the batch has ended; the results are there without it."
    retry_after_seconds: ClassVar[int | None] = 5


class ReceiptNotSetUpProblem(Problem):
    """No policy says which seal signs receipts."""

    type: ClassVar[str] = "receipt-not-set-up"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The policies name no seal for receipts of batches"
    owner: ClassVar[Owner] = "officer"
    cure: ClassVar[str] = "Permit a seal for the document type `batch-receipt` (docs/batches.md)."


class ReceiptRefusedProblem(Problem):
    """The policies do not let a receipt be signed; the results are there without it."""

    type: ClassVar[str] = "receipt-refused"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The receipt cannot be signed as the policies are"
    owner: ClassVar[Owner] = "officer"
    cure: ClassVar[str] = (
        "Permit a seal for the document type `batch-receipt` (docs/batches.md), then ask again."
    )


class ItemNeverEndsProblem(Problem):
    """The gateway has begun it several times and came to no end."""

    type: ClassVar[str] = "item-never-ends"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "The document was begun several times, and never came to an end"
    owner: ClassVar[Owner] = "it"
    cure: ClassVar[str] = "Look into the gateway's log, then retry the batch; report the document."
