"""Why a request is not sealed, apart from what lies in the document itself."""

from collections.abc import Sequence
from typing import ClassVar

from gateway.errors import Owner, Problem


class DeniedProblem(Problem):
    """The policies say no; the reasons name the rules."""

    type: ClassVar[str] = "policy-denied"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "The policies do not allow this seal on this document"
    owner: ClassVar[Owner] = "officer"
    cure: ClassVar[str] = "See the reasons; change the request, or ask the officer of the policy."


class ApprovalNeededProblem(Problem):
    """A rule would allow it once people have approved."""

    type: ClassVar[str] = "approval-needed"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "The policies ask for approvals first"
    owner: ClassVar[Owner] = "officer"
    cure: ClassVar[str] = (
        "Have the document approved by the roles that the reasons name (`sealgate approvals list` "
        "shows them what waits), then run the same command, or send the same request, again."
    )

    def __init__(
        self, detail: str, *, reasons: tuple[tuple[str, str], ...] = (), approvals: Sequence[str]
    ) -> None:
        super().__init__(detail, reasons=reasons)
        self.approvals = approvals

    def members(self) -> dict[str, object]:
        """Where to look them up."""
        links = (
            {"id": each, "links": {"self": f"/v1/approvals/{each}"}} for each in self.approvals
        )
        return {"approvals": list(links)}


class ApprovalExpiredProblem(Problem):
    """The time for which an approval counts is over."""

    type: ClassVar[str] = "approval-expired"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The approval has expired"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Send the request again, and have it approved in time."


class ApprovalRejectedProblem(Problem):
    """Somebody who was asked has said no, which ends it."""

    type: ClassVar[str] = "approval-rejected"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "The approval was rejected"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = (
        "Change what the reason names and send that: a changed document or request is asked anew."
    )


class ApprovalUsedProblem(Problem):
    """The approval was used; it is good for one document."""

    type: ClassVar[str] = "approval-used"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The approval was used"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = (
        "Repeat a request with its idempotency key; for a second document have it approved anew."
    )


class KeyUnderWayProblem(Problem):
    """Another node of this gateway is sealing, or has just sealed, with the same key."""

    type: ClassVar[str] = "idempotency-key-under-way"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "Another node is at work on this idempotency key"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Send the same request again in a moment; it gets the sealed document."
    retry_after_seconds: ClassVar[int | None] = 1


class LimitReachedProblem(DeniedProblem):
    """The rule that would allow it has been used as often as it may be."""

    type: ClassVar[str] = "limit-reached"
    title: ClassVar[str] = "The rule's limit for this hour, day or month is reached"
    cure: ClassVar[str] = "Wait for the next window, or ask the officer to raise the limit."


class CountedMeanwhileProblem(Problem):
    """Others were sealed while the document was prepared, and the counts now decide otherwise."""

    type: ClassVar[str] = "counted-meanwhile"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "Others were sealed meanwhile, so it must be decided anew"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Send the same request again with the same key."


class IntakeRefusedProblem(DeniedProblem):
    """The document has what the intake rules of its type keep out."""

    type: ClassVar[str] = "intake-refused"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The document has what the intake rules keep out"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = (
        "Do what the reasons say (`sealgate inspect` finds the same), or ask an officer whether "
        "the document type should accept it."
    )


class RequestRefusedProblem(Problem):
    """The document type is unknown, or the attributes are not what it declares."""

    type: ClassVar[str] = "request-refused"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The document type or its attributes are not as declared"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = (
        "Name a document type that there is, and the attributes that it declares, with their types "
        "(`--attribute NAME=VALUE` at the command line)."
    )


class SystemGoneProblem(Problem):
    """The policies do not know the system any more that asked."""

    type: ClassVar[str] = "system-unknown"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "The system that asked is in no policy any more"
    owner: ClassVar[Owner] = "officer"
    cure: ClassVar[str] = "Put the system back into the policies, then retry what waits."


class SealUnknownProblem(Problem):
    """There is no such seal, or none with which the caller has anything to do."""

    type: ClassVar[str] = "seal-unknown"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "There is no such seal for you"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Check the seal's id with the officer who manages the seals."


class FrozenProblem(DeniedProblem):
    """Officers have frozen the seal, its company, the caller, a party, or all sealing.

    A seal that the policies keep frozen is a `SealFrozenProblem`.
    """

    type: ClassVar[str] = "frozen"
    title: ClassVar[str] = "Officers have frozen this"
    cure: ClassVar[str] = (
        "Ask the officers; the reason names the freeze. Send the same request again with the same "
        "key once the freeze has ended."
    )


class SealFrozenProblem(DeniedProblem):
    """The policies give the seal the state `frozen`; a freeze by officers is a `FrozenProblem`."""

    type: ClassVar[str] = "seal-frozen"
    title: ClassVar[str] = "The seal's state is frozen"
    cure: ClassVar[str] = (
        "Ask the officers: it seals again once policies in which it is active are in force."
    )


class SealNotActiveProblem(DeniedProblem):
    """The seal is a draft, or retired."""

    type: ClassVar[str] = "seal-not-active"
    title: ClassVar[str] = "The seal is not in use"
    cure: ClassVar[str] = "Use another seal, or ask the officer who manages this one."


class SealNotYetValidProblem(Problem):
    """The seal's certificate is not valid yet."""

    type: ClassVar[str] = "seal-certificate-not-yet-valid"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The seal's certificate is not valid yet"
    owner: ClassVar[Owner] = "officer"
    cure: ClassVar[str] = "Wait until it is, or check the machine's clock."


class SealExpiredProblem(Problem):
    """The seal's certificate has expired."""

    type: ClassVar[str] = "seal-certificate-expired"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The seal's certificate has expired"
    owner: ClassVar[Owner] = "officer"
    cure: ClassVar[str] = "Renew the certificate and name the new one in the seal's YAML."


class SealsDoNotCombineProblem(DeniedProblem):
    """The signatures of the seals cannot follow one another on one document."""

    type: ClassVar[str] = "seals-do-not-combine"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "These seals cannot be put on one document in this order"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = (
        "Ask for seals whose `signature.kind` is `approval`. Only the first seal may certify, with "
        "the permission `form-filling`; those after it are then invisible or in a field."
    )


class ActIncompleteProblem(Problem):
    """A revision that does not carry all the seals of its act is given to nobody."""

    type: ClassVar[str] = "act-not-complete"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "Not all seals of the act are on the document"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Send the request again with the same idempotency key."


class IdempotencyKeyReusedProblem(Problem):
    """The key was used for something else."""

    type: ClassVar[str] = "idempotency-key-reused"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The idempotency key was used for another request"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = (
        "Use a new key for a new document; repeat the same bytes for the same key."
    )


class SignerUnavailableProblem(Problem):
    """The HSM or the signer process does not answer."""

    type: ClassVar[str] = "signer-unavailable"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "The signer is not available; nothing was sealed"
    cure: ClassVar[str] = (
        "Send the same request again with the same key; `sealgate doctor` tells why."
    )
    retry_after_seconds: ClassVar[int | None] = 5


class ClockOffProblem(Problem):
    """The machine's clock cannot be right."""

    type: ClassVar[str] = "clock-off"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "The gateway's clock cannot be right"
    cure: ClassVar[str] = "Correct the machine's clock (NTP); sealing goes on by itself then."
    retry_after_seconds: ClassVar[int | None] = 30


class DocumentUnknownProblem(Problem):
    """There is no such document, or it is another system's."""

    type: ClassVar[str] = "document-unknown"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "There is no such document"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Use the id from the answer; a system sees its own documents only."


class ContentErasedProblem(Problem):
    """The document was sealed; its content is not kept any more."""

    type: ClassVar[str] = "content-erased"
    status: ClassVar[int] = 410
    title: ClassVar[str] = "The content of this document is not kept any more"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = (
        "Use the copy that was given out; its digest is still here. How long content is kept is "
        "`retention` of the document type."
    )


class NotSealedProblem(Problem):
    """The document was prepared, but its seal was never completed."""

    type: ClassVar[str] = "document-not-sealed"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The document is not sealed"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Send the request again with the same idempotency key."
