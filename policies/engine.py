"""The decision: deny by default, one forbid outweighs every permit, an error denies."""

from datetime import datetime

from policies.attributes import AttributeChecks
from policies.bundle import Bundle, ForbidRule, PermitRule
from policies.case import Case, Grounds
from policies.conditions import CELConditions
from policies.expressions import conjuncts
from policies.model import (
    NOTHING_KNOWN,
    Decision,
    Denied,
    DocumentFacts,
    Known,
    Placement,
    SealRequest,
)
from policies.rules import RuleBook
from policies.telling import Explanation


class CELPolicyEngine:
    """Decides by one bundle; implements `policies.interfaces.PolicyEngine`.

    Reasons carry a rule's full name, `policy/rule-id`, `intake/RULE` for what an intake rule keeps
    out, or one of four built-in names: `seal` (unknown or frozen), `document-type` (unknown, or its
    attributes), `placement` (a stamp is asked for that the seal does not have) and `default`
    (nothing permits it). After `default` follow the
    permits that were considered, the nearest first, each with what would have to change.
    """

    def __init__(self, bundle: Bundle) -> None:
        conditions = _conditions(bundle)
        self._grounds = Grounds(
            bundle=bundle,
            rules=RuleBook(bundle.policies),
            attributes=AttributeChecks(bundle.document_types),
            conditions=CELConditions(
                conditions, hints=(part for text in conditions for part in conjuncts(text))
            ),
        )

    @property
    def bundle_digest(self) -> str:
        """See `policies.interfaces.PolicyEngine`."""
        return self._grounds.bundle.digest

    def case(self, request: SealRequest) -> Case:
        """See `policies.interfaces.PolicyEngine`."""
        return Case(self._grounds, request)

    def screen(self, request: SealRequest, *, at: datetime) -> Denied | None:
        """See `Case.screen`."""
        return self.case(request).screen(at=at)

    def likely_placement(self, request: SealRequest) -> Placement | None:
        """See `Case.likely_placement`."""
        return self.case(request).likely_placement()

    def decide(
        self,
        request: SealRequest,
        facts: DocumentFacts,
        *,
        at: datetime,
        known: Known = NOTHING_KNOWN,
    ) -> Decision:
        """See `Case.decide`."""
        return self.case(request).decide(facts, at=at, known=known)

    def explain(self, request: SealRequest, facts: DocumentFacts, *, at: datetime) -> Explanation:
        """See `Case.explain`."""
        return self.case(request).explain(facts, at=at)


def _conditions(bundle: Bundle) -> set[str]:
    rules: list[PermitRule | ForbidRule] = []
    for policy in bundle.policies.values():
        rules += [*policy.permit, *policy.forbid]
    return {rule.when for rule in rules if rule.when is not None}
