"""The decision: deny by default, one forbid outweighs every permit, an error denies."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from policies.attributes import AttributeChecks
from policies.bundle import Bundle, ForbidRule, PermitRule, Seal
from policies.conditions import CELConditions, variables_of
from policies.errors import NaiveMomentError
from policies.expressions import conjuncts
from policies.intake import refusals
from policies.interfaces import Conditions
from policies.model import (
    Allowed,
    Decision,
    Denied,
    DocumentFacts,
    Invisible,
    NeedsApproval,
    Placement,
    Reason,
    SealRequest,
)
from policies.rules import NamedRule, RuleBook, charges_of, concerns
from policies.telling import Explanation, Teller, not_for, permission, reason_of
from policies.weighing import Weighing


class CELPolicyEngine:
    """Decides by one bundle; implements `policies.interfaces.PolicyEngine`.

    Reasons carry a rule's full name, `policy/rule-id`, `intake/RULE` for what an intake rule keeps
    out, or one of four built-in names: `seal` (unknown or frozen), `document-type` (unknown, or its
    attributes), `placement` (a stamp is asked for that the seal does not have) and `default`
    (nothing permits it). After `default` follow the
    permits that were considered, the nearest first, each with what would have to change.
    """

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._rules = RuleBook(bundle.policies)
        self._attributes = AttributeChecks(bundle.document_types)
        conditions = _conditions(bundle)
        self._conditions: Conditions = CELConditions(
            conditions, hints=(part for text in conditions for part in conjuncts(text))
        )

    @property
    def bundle_digest(self) -> str:
        """See `policies.interfaces.PolicyEngine`."""
        return self._bundle.digest

    def screen(self, request: SealRequest, *, at: datetime) -> Denied | None:
        """See `policies.interfaces.PolicyEngine`."""
        _require_zone(at)
        reasons = tuple(self._refusals(request))
        if reasons:
            return self._denied(reasons)
        permits = self._rules.covering(request.seal, request.document_type).permits
        if any(concerns(named.rule, request.caller) for named in permits):
            return None
        default = _default(request, covered=bool(permits))
        considered = (
            Reason(rule=named.name, message=not_for(named.rule, request.caller))
            for named in permits
        )
        return self._denied((default, *considered))

    def likely_placement(self, request: SealRequest) -> Placement | None:
        """See `policies.interfaces.PolicyEngine`; None when the seal is unknown."""
        seal = self._bundle.seals.get(request.seal)
        if seal is None:
            return None
        candidates = [
            named
            for named in self._rules.covering(request.seal, request.document_type).permits
            if concerns(named.rule, request.caller)
        ]
        return _placement(_preferred(candidates), request, seal)

    def decide(self, request: SealRequest, facts: DocumentFacts, *, at: datetime) -> Decision:
        """See `policies.interfaces.PolicyEngine`.

        Raises:
            NaiveMomentError: `at` has no time zone.
        """
        _require_zone(at)
        reasons = tuple(self._refusals(request))
        if reasons:
            return self._denied(reasons)
        seal = self._bundle.seals[request.seal]
        weighing = self._weigh(request, facts, seal, at)
        kept_out = refusals(
            self._bundle.document_types[request.document_type].intake, facts.findings
        )
        if kept_out or weighing.against:
            return self._denied((*kept_out, *map(reason_of, weighing.against)))
        chosen = _preferred(weighing.permitting)
        if chosen is None:
            default = _default(request, covered=bool(weighing.permits))
            return self._denied((default, *map(reason_of, weighing.nearest_first())))
        return self._permitted(chosen, request, seal, at)

    def explain(self, request: SealRequest, facts: DocumentFacts, *, at: datetime) -> Explanation:
        """The decision with every rule that speaks of this seal and document type.

        Rules are weighed even when a built-in check denies, as long as the seal is known.

        Raises:
            NaiveMomentError: `at` has no time zone.
        """
        decision = self.decide(request, facts, at=at)
        seal = self._bundle.seals.get(request.seal)
        if seal is None:
            return Explanation(decision=decision, findings=())
        findings = self._weigh(request, facts, seal, at).findings()
        return Explanation(decision=decision, findings=findings)

    def _weigh(
        self, request: SealRequest, facts: DocumentFacts, seal: Seal, at: datetime
    ) -> Weighing:
        variables = variables_of(request, facts, seal, at=at)
        situation = self._conditions.situation(variables)
        covering = self._rules.covering(request.seal, request.document_type)
        teller = Teller(caller=request.caller, situation=situation, variables=variables)
        return Weighing(covering, request.caller, situation, teller)

    def _refusals(self, request: SealRequest) -> Iterator[Reason]:
        """What the built-in checks say, conditions apart."""
        seal = self._bundle.seals.get(request.seal)
        if seal is None:
            yield Reason(rule="seal", message=f"no seal is called `{request.seal}`")
        elif seal.state == "frozen":
            why = seal.frozen_reason or "no reason is given"
            yield Reason(rule="seal", message=f"the seal {seal.name} is frozen: {why}")
        elif seal.stamp is None and not isinstance(request.placement, Invisible | None):
            message = f"the seal {seal.name} has no stamp to place; ask for an invisible signature"
            yield Reason(rule="placement", message=message)
        if request.document_type not in self._bundle.document_types:
            message = f"no document type is called `{request.document_type}`"
            yield Reason(rule="document-type", message=message)
            return
        for fault in self._attributes.faults(request.document_type, request.attributes):
            yield Reason(rule="document-type", message=fault)

    def _permitted(
        self, chosen: NamedRule[PermitRule], request: SealRequest, seal: Seal, at: datetime
    ) -> Allowed | NeedsApproval:
        reasons = (Reason(rule=chosen.name, message=permission(chosen.rule)),)
        placement = _placement(chosen, request, seal)
        charges = charges_of(chosen, at)
        approvals = chosen.rule.approvals
        if approvals is None:
            return Allowed(
                bundle=self.bundle_digest, reasons=reasons, placement=placement, charges=charges
            )
        return NeedsApproval(
            bundle=self.bundle_digest,
            reasons=reasons,
            count=approvals.count,
            roles=approvals.roles,
            placement=placement,
            charges=charges,
        )

    def _denied(self, reasons: Iterable[Reason]) -> Denied:
        return Denied(bundle=self.bundle_digest, reasons=tuple(reasons))


def _require_zone(at: datetime) -> None:
    if at.utcoffset() is None:
        raise NaiveMomentError(f"{at} has no time zone; ask the clock for an aware moment")


def _preferred(permits: Sequence[NamedRule[PermitRule]]) -> NamedRule[PermitRule] | None:
    """The one that decides: what needs no approval first, then by policy name and rule id."""
    for named in permits:
        if named.rule.approvals is None:
            return named
    return permits[0] if permits else None


def _placement(chosen: NamedRule[PermitRule] | None, request: SealRequest, seal: Seal) -> Placement:
    """The rule knows better than the request, and the request better than the seal."""
    if chosen is not None and chosen.rule.placement is not None:
        return chosen.rule.placement
    return request.placement or seal.placement or Invisible()


def _default(request: SealRequest, *, covered: bool) -> Reason:
    what = f"the seal {request.seal} on the document type {request.document_type}"
    message = f"no rule permits {what}" if covered else f"no policy permits {what} to anybody"
    return Reason(rule="default", message=message)


def _conditions(bundle: Bundle) -> set[str]:
    rules: list[PermitRule | ForbidRule] = []
    for policy in bundle.policies.values():
        rules += [*policy.permit, *policy.forbid]
    return {rule.when for rule in rules if rule.when is not None}
