"""One request before one bundle: screened, placed and decided, nothing of it worked out twice."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from policies.attributes import AttributeChecks
from policies.bundle import Bundle, PermitRule, Seal
from policies.conditions import variables_of
from policies.errors import NaiveMomentError
from policies.intake import refusals
from policies.interfaces import Conditions
from policies.model import (
    NOTHING_KNOWN,
    Allowed,
    CounterRead,
    Decision,
    Denied,
    DocumentFacts,
    Fact,
    Invisible,
    Known,
    NeedsApproval,
    Placement,
    Reason,
    SealRequest,
)
from policies.rules import NamedRule, RuleBook, charges_of, concerns
from policies.telling import Explanation, Teller, not_for, permission, reason_of
from policies.weighing import Weighing


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What every case of one bundle is decided by, made ready once."""

    bundle: Bundle
    rules: RuleBook
    attributes: AttributeChecks
    conditions: Conditions


class Case:
    """Implements `policies.interfaces.Case`.

    Request and bundle are fixed, so what follows from these two alone is found once: what the
    built-in checks say, and which rules cover the request.
    """

    __slots__ = ("_bundle", "_covering", "_grounds", "_refusals", "_request")

    def __init__(self, grounds: Grounds, request: SealRequest) -> None:
        self._grounds = grounds
        self._bundle = grounds.bundle
        self._request = request
        self._covering = grounds.rules.covering(request.seal, request.document_type)
        self._refusals = tuple(self._built_in_refusals())

    @property
    def request(self) -> SealRequest:
        """See `policies.interfaces.Case`."""
        return self._request

    def screen(self, *, at: datetime) -> Denied | None:
        """See `policies.interfaces.Case`.

        Raises:
            NaiveMomentError: `at` has no time zone.
        """
        _require_zone(at)
        if self._refusals:
            return self._denied(self._refusals)
        permits, caller = self._covering.permits, self._request.caller
        if any(concerns(named.rule, caller) for named in permits):
            return None
        considered = (
            Reason(rule=named.name, message=not_for(named.rule, caller)) for named in permits
        )
        return self._denied((self._default(covered=bool(permits)), *considered))

    def likely_placement(self) -> Placement | None:
        """See `policies.interfaces.Case`; None when the seal is unknown."""
        seal = self._bundle.seals.get(self._request.seal)
        if seal is None:
            return None
        candidates = [
            named for named in self._covering.permits if concerns(named.rule, self._request.caller)
        ]
        return self._placement(_preferred(candidates), seal)

    def asks(self) -> frozenset[Fact]:
        """See `policies.interfaces.Case`; no condition can speak of content yet."""
        return frozenset()

    def reads(self, at: datetime) -> tuple[CounterRead, ...]:  # noqa: ARG002 - see below
        """See `policies.interfaces.Case`; no condition can speak of counters yet."""
        return ()

    def decide(
        self,
        facts: DocumentFacts,
        *,
        at: datetime,
        known: Known = NOTHING_KNOWN,  # noqa: ARG002 - no rule can speak of it yet
    ) -> Decision:
        """See `policies.interfaces.Case`.

        Raises:
            NaiveMomentError: `at` has no time zone.
        """
        _require_zone(at)
        if self._refusals:
            return self._denied(self._refusals)
        seal = self._bundle.seals[self._request.seal]
        weighing = self._weigh(facts, seal, at)
        kept_out: tuple[Reason, ...] = ()
        if facts.findings:
            intake = self._bundle.document_types[self._request.document_type].intake
            kept_out = refusals(intake, facts.findings)
        against = weighing.against
        if kept_out or against:
            return self._denied((*kept_out, *map(reason_of, against)))
        chosen = _preferred(weighing.permitting)
        if chosen is None:
            default = self._default(covered=bool(weighing.permits))
            return self._denied((default, *map(reason_of, weighing.nearest_first())))
        return self._permitted(chosen, seal, at)

    def nearest(
        self,
        facts: DocumentFacts,
        *,
        at: datetime,
        known: Known = NOTHING_KNOWN,  # noqa: ARG002 - no rule can speak of it yet
    ) -> tuple[Reason, ...]:
        """See `policies.interfaces.Case`; none when the seal is unknown.

        Raises:
            NaiveMomentError: `at` has no time zone.
        """
        _require_zone(at)
        seal = self._bundle.seals.get(self._request.seal)
        if seal is None:
            return ()
        return tuple(map(reason_of, self._weigh(facts, seal, at).nearest_first()))

    def explain(self, facts: DocumentFacts, *, at: datetime) -> Explanation:
        """The decision with every rule that speaks of this seal and document type.

        Rules are weighed even when a built-in check denies, as long as the seal is known.

        Raises:
            NaiveMomentError: `at` has no time zone.
        """
        decision = self.decide(facts, at=at)
        seal = self._bundle.seals.get(self._request.seal)
        if seal is None:
            return Explanation(decision=decision, findings=())
        findings = self._weigh(facts, seal, at).findings()
        return Explanation(decision=decision, findings=findings)

    def _weigh(self, facts: DocumentFacts, seal: Seal, at: datetime) -> Weighing:
        variables = variables_of(self._request, facts, seal, at=at)
        situation = self._grounds.conditions.situation(variables)
        caller = self._request.caller
        teller = Teller(caller=caller, situation=situation, variables=variables)
        return Weighing(self._covering, caller, situation, teller)

    def _built_in_refusals(self) -> Iterator[Reason]:
        """What the built-in checks say, conditions apart."""
        request = self._request
        seal = self._bundle.seals.get(request.seal)
        if seal is None:
            yield Reason(rule="seal", message=f"no seal is called `{request.seal}`")
        elif seal.state == "frozen":
            why = seal.frozen_reason or "no reason is given"
            yield Reason(rule="seal", message=f"the seal {seal.name} is frozen: {why}")
        elif seal.state != "active":
            yield Reason(rule="seal", message=f"the seal {seal.name} is {seal.state}")
        elif seal.stamp is None and not isinstance(request.placement, Invisible | None):
            message = f"the seal {seal.name} has no stamp to place; ask for an invisible signature"
            yield Reason(rule="placement", message=message)
        if request.document_type not in self._bundle.document_types:
            message = f"no document type is called `{request.document_type}`"
            yield Reason(rule="document-type", message=message)
            return
        for fault in self._grounds.attributes.faults(request.document_type, request.attributes):
            yield Reason(rule="document-type", message=fault)

    def _permitted(
        self, chosen: NamedRule[PermitRule], seal: Seal, at: datetime
    ) -> Allowed | NeedsApproval:
        reasons = (Reason(rule=chosen.name, message=permission(chosen.rule)),)
        placement = self._placement(chosen, seal)
        approvals = chosen.rule.approvals
        if approvals is None:
            return Allowed(
                bundle=self._bundle.digest,
                reasons=reasons,
                placement=placement,
                charges=charges_of(chosen, at),
            )
        return NeedsApproval(
            bundle=self._bundle.digest,
            reasons=reasons,
            stages=approvals.stages,
            in_order=approvals.in_order,
            expires_seconds=approvals.expires_seconds,
            placement=placement,
        )

    def _placement(self, chosen: NamedRule[PermitRule] | None, seal: Seal) -> Placement:
        """The rule knows better than the request, and the request better than the seal."""
        if chosen is not None and chosen.rule.placement is not None:
            return chosen.rule.placement
        return self._request.placement or seal.placement or Invisible()

    def _default(self, *, covered: bool) -> Reason:
        request = self._request
        what = f"the seal {request.seal} on the document type {request.document_type}"
        message = f"no rule permits {what}" if covered else f"no policy permits {what} to anybody"
        return Reason(rule="default", message=message)

    def _denied(self, reasons: Iterable[Reason]) -> Denied:
        return Denied(bundle=self._bundle.digest, reasons=tuple(reasons))


def _require_zone(at: datetime) -> None:
    if at.utcoffset() is None:
        raise NaiveMomentError(f"{at} has no time zone; ask the clock for an aware moment")


def _preferred(permits: Sequence[NamedRule[PermitRule]]) -> NamedRule[PermitRule] | None:
    """The one that decides: what needs no approval first, then by policy name and rule id."""
    for named in permits:
        if named.rule.approvals is None:
            return named
    return permits[0] if permits else None
