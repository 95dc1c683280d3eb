"""What of a decision is kept for those who look at it later, and whom it lets wait."""

from collections.abc import Iterator

from gateway.signing.deciding import Inquiry, Refusal
from gateway.signing.guard import KeptDecision, Use, Waiting
from policies.model import DocumentFacts, NeedsApproval


def kept_intent(use: Use, audit_index: int) -> KeptDecision:
    """The decision that an intent rests on."""
    return KeptDecision(
        at=use.at,
        audit_index=audit_index,
        request=use.asked,
        facts=use.facts,
        known=use.known,
        decision=use.decision,
    )


def kept_refusals(
    inquiry: Inquiry, refusal: Refusal, facts: DocumentFacts | None, audit_index: int
) -> Iterator[KeptDecision]:
    """The decisions for each seal that stands against the act."""
    for each in refusal.against:
        yield KeptDecision(
            at=inquiry.at,
            audit_index=audit_index,
            request=each.case.request,
            facts=facts,
            known=each.known,
            decision=each.decision,
            stopped=refusal.stopped,
        )


def waiting_of(
    inquiry: Inquiry, refusal: Refusal, facts: DocumentFacts | None
) -> Iterator[Waiting]:
    """For each seal that would be allowed once people have approved: what they are asked."""
    if facts is None:
        return
    for each in refusal.against:
        if isinstance(each.decision, NeedsApproval):
            yield Waiting(
                asked=each.case.request,
                decision=each.decision,
                facts=facts,
                at=inquiry.at,
                act_digest=inquiry.digest,
                input_digest=inquiry.input_digest,
                trace_id=inquiry.request.trace_id,
                document_type=inquiry.document_type,
            )
