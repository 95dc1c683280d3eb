"""From a decision that is no permission to the problem that the caller is told."""

from collections.abc import Sequence

from gateway.documents.errors import PlacementProblem
from gateway.errors import Problem
from gateway.signing import errors
from gateway.signing.deciding import Refusal
from policies.deciding.telling import told_stages
from policies.intake import PREFIX
from policies.model import NeedsApproval

_BY_BUILT_IN_RULE: dict[str, type[Problem]] = {
    "seal-unknown": errors.SealUnknownProblem,
    "seal-frozen": errors.SealFrozenProblem,
    "certificate-expired": errors.SealExpiredProblem,
    "certificate-not-yet-valid": errors.SealNotYetValidProblem,
    "document-type": errors.RequestRefusedProblem,
    "placement": PlacementProblem,
    "act": errors.SealsDoNotCombineProblem,
    "approval-expired": errors.ApprovalExpiredProblem,
    "approval-rejected": errors.ApprovalRejectedProblem,
    "approval-used": errors.ApprovalUsedProblem,
    "limit": errors.LimitReachedProblem,
    "stop": errors.StoppedProblem,
}


def problem_for(
    refusal: Refusal, *, audit_index: int, approvals: Sequence[str | None] = ()
) -> Problem:
    """The problem for a refusal.

    Args:
        refusal: what is told.
        audit_index: where it stands in the audit log.
        approvals: the ids under which people were asked, for each seal that waits for them; None
            where there was nobody to ask.
    """
    decision = refusal.decision
    reasons = tuple((reason.rule, reason.message) for reason in decision.reasons)
    detail = f"{'; '.join(message for _, message in reasons)} (audit record {audit_index})"
    if isinstance(decision, NeedsApproval):
        wanted = told_stages(decision.stages, in_order=decision.in_order)
        asked = tuple(each for each in approvals if each is not None)
        told = "".join(f" (approval {each})" for each in asked)
        return errors.ApprovalNeededProblem(
            f"{wanted} must approve{told}; {detail}", reasons=reasons, approvals=asked
        )
    return _kind(decision.reasons[0].rule)(detail, reasons=reasons)


def _kind(rule: str) -> type[Problem]:
    if rule.startswith(PREFIX):
        return errors.IntakeRefusedProblem
    return _BY_BUILT_IN_RULE.get(rule, errors.DeniedProblem)
