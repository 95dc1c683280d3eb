"""From a decision that is no permission to the problem that the caller is told."""

from collections.abc import Mapping, Sequence
from typing import Final

from gateway.documents.errors import PlacementProblem
from gateway.errors import Problem
from gateway.signing import errors
from gateway.signing.deciding import Refusal
from policies import reasons
from policies.deciding.telling import told_stages
from policies.intake import PREFIX
from policies.model import NeedsApproval

PROBLEM_OF: Final[Mapping[str, type[Problem]]] = {
    reasons.DEFAULT: errors.DeniedProblem,
    reasons.SEAL_UNKNOWN: errors.SealUnknownProblem,
    reasons.SEAL_FROZEN: errors.SealFrozenProblem,
    reasons.SEAL_NOT_ACTIVE: errors.SealNotActiveProblem,
    reasons.DOCUMENT_TYPE: errors.RequestRefusedProblem,
    reasons.PLACEMENT: PlacementProblem,
    reasons.GRANT: errors.DeniedProblem,
    reasons.CERTIFICATE_NOT_YET_VALID: errors.SealNotYetValidProblem,
    reasons.CERTIFICATE_EXPIRED: errors.SealExpiredProblem,
    reasons.SEALS_DO_NOT_COMBINE: errors.SealsDoNotCombineProblem,
    reasons.LIMIT_REACHED: errors.LimitReachedProblem,
    reasons.COUNTED_MEANWHILE: errors.CountedMeanwhileProblem,
    reasons.FROZEN: errors.FrozenProblem,
    reasons.APPROVAL_EXPIRED: errors.ApprovalExpiredProblem,
    reasons.APPROVAL_REJECTED: errors.ApprovalRejectedProblem,
    reasons.APPROVAL_USED: errors.ApprovalUsedProblem,
}
"""By the built-in name of the first reason; of a rule of a policy: `policy-denied`."""


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
    told_reasons = tuple(
        (reason.rule, reason.message) for reason in refusal.told or decision.reasons
    )
    detail = f"{'; '.join(message for _, message in told_reasons)} (audit record {audit_index})"
    if isinstance(decision, NeedsApproval):
        wanted = told_stages(decision.stages, in_order=decision.in_order)
        asked = tuple(each for each in approvals if each is not None)
        told = "".join(f" (approval {each})" for each in asked)
        return errors.ApprovalNeededProblem(
            f"{wanted} must approve{told}; {detail}", reasons=told_reasons, approvals=asked
        )
    return _kind(told_reasons[0][0])(detail, reasons=told_reasons)


def _kind(rule: str) -> type[Problem]:
    if rule.startswith(PREFIX):
        return errors.IntakeRefusedProblem
    return PROBLEM_OF.get(rule, errors.DeniedProblem)
