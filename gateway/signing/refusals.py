"""From a decision that is no permission to the problem that the caller is told."""

from gateway.documents.errors import PlacementProblem
from gateway.errors import Problem
from gateway.signing import errors
from policies.intake import PREFIX
from policies.model import Denied, NeedsApproval

_BY_BUILT_IN_RULE: dict[str, type[Problem]] = {
    "seal-unknown": errors.SealUnknownProblem,
    "seal-frozen": errors.SealFrozenProblem,
    "certificate-expired": errors.SealExpiredProblem,
    "certificate-not-yet-valid": errors.SealNotYetValidProblem,
    "document-type": errors.RequestRefusedProblem,
    "placement": PlacementProblem,
    "act": errors.SealsDoNotCombineProblem,
    "limit": errors.LimitReachedProblem,
}


def problem_for(decision: Denied | NeedsApproval, *, audit_index: int) -> Problem:
    """The problem for a refusal that stands in the audit log at `audit_index`."""
    reasons = tuple((reason.rule, reason.message) for reason in decision.reasons)
    detail = f"{'; '.join(message for _, message in reasons)} (audit record {audit_index})"
    if isinstance(decision, NeedsApproval):
        roles = ", ".join(sorted(decision.roles))
        return errors.ApprovalNeededProblem(
            f"{decision.count} of {roles} must approve; {detail}", reasons=reasons
        )
    return _kind(decision.reasons[0].rule)(detail, reasons=reasons)


def _kind(rule: str) -> type[Problem]:
    if rule.startswith(PREFIX):
        return errors.IntakeRefusedProblem
    return _BY_BUILT_IN_RULE.get(rule, errors.DeniedProblem)
