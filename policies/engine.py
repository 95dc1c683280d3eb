"""The decision: deny by default, one forbid outweighs every permit, an error denies."""

from collections.abc import Callable
from datetime import datetime

from policies.bundle import Bundle
from policies.conditions.cel import CELConditions
from policies.deciding.attributes import AttributeChecks
from policies.deciding.case import Case, Grounds
from policies.deciding.delegation import Grants
from policies.deciding.group import Group
from policies.deciding.rules import RuleBook
from policies.deciding.telling import Explanation
from policies.model import (
    NOTHING_KNOWN,
    Decision,
    Denied,
    DocumentFacts,
    Known,
    Placement,
    SealRequest,
)


class CELPolicyEngine:
    """Decides by one bundle; implements `policies.interfaces.PolicyEngine`.

    Reasons carry a rule's full name, `policy/rule-id`, `intake/RULE` for what an intake rule keeps
    out, or one of the names in `policies.reasons`. What would have to change is told by
    `Case.nearest`.
    """

    def __init__(self, bundle: Bundle, *, pause: Callable[[], None] = lambda: None) -> None:
        """Make ready to decide by this bundle; `pause` is called between its conditions."""
        rules = RuleBook(bundle.policies, seals=bundle.seals, group=Group(bundle.companies))
        self._grounds = Grounds(
            bundle=bundle,
            rules=rules,
            attributes=AttributeChecks(bundle.document_types),
            grants=Grants(bundle),
            conditions=CELConditions(
                rules.conditions,
                sparing=(text for program in rules.programs for text in program.texts),
                pause=pause,
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

    def explain(
        self,
        request: SealRequest,
        facts: DocumentFacts,
        *,
        at: datetime,
        known: Known = NOTHING_KNOWN,
    ) -> Explanation:
        """See `Case.explain`."""
        return self.case(request).explain(facts, at=at, known=known)
