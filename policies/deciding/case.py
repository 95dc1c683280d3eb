"""One request before one bundle: screened, placed and decided, nothing of it worked out twice."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from policies import reasons
from policies.bundle import Bundle
from policies.conditions.counters import counters_of, reads
from policies.conditions.variables import VARIABLES, Subject
from policies.deciding.approving import standing
from policies.deciding.attributes import AttributeChecks
from policies.deciding.delegation import Grants
from policies.deciding.named_rules import NamedRule
from policies.deciding.rules import RuleBook, charges_of, counter_of
from policies.deciding.situations import Situations
from policies.deciding.telling import Explanation, Teller, not_for, permission, reason_of
from policies.deciding.weighing import Weighing, judge
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
from policies.objects.rules import Approvals, PermitRule
from policies.objects.seals import Seal


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What every case of one bundle is decided by, made ready once."""

    bundle: Bundle
    rules: RuleBook
    attributes: AttributeChecks
    grants: Grants
    conditions: Conditions


class Case:
    """Implements `policies.interfaces.Case`.

    Request and bundle are fixed, so what follows from these two alone is found once: what the
    built-in checks say, and which rules cover the request.
    """

    __slots__ = ("_bundle", "_concerning", "_covering", "_grounds", "_refusals", "_request")

    def __init__(self, grounds: Grounds, request: SealRequest) -> None:
        self._grounds = grounds
        self._bundle = grounds.bundle
        self._request = request
        self._covering = grounds.rules.covering(request.seal, request.document_type)
        self._concerning = self._covering.concerning(request.caller)
        self._refusals = tuple(self._built_in_refusals())

    @property
    def request(self) -> SealRequest:
        """See `policies.interfaces.Case`."""
        return self._request

    @property
    def is_by_a_stranger(self) -> bool:
        """See `policies.interfaces.Case`."""
        return self._grounds.rules.is_stranger(self._request.caller, self._request.seal)

    def screen(self, *, at: datetime) -> Denied | None:
        """See `policies.interfaces.Case`.

        Raises:
            NaiveMomentError: `at` has no time zone.
        """
        _require_zone(at)
        if self._refusals:
            return self._denied(self._refusals)
        if self._concerning.permits:
            return None
        permits, caller = self._covering.permits, self._request.caller
        considered = (
            Reason(rule=named.name, message=not_for(named.rule, caller)) for named in permits
        )
        return self._denied((self._default(), *considered))

    def likely_placement(self) -> Placement | None:
        """See `policies.interfaces.Case`; None when the seal is unknown."""
        seal = self._bundle.seals.get(self._request.seal)
        if seal is None:
            return None
        return self._placement(_preferred(self._concerning.permits), seal)

    def asks(self) -> frozenset[Fact]:
        """See `policies.interfaces.Case`."""
        facts = (VARIABLES[name].fact for name in self._concerning.names)
        return frozenset(fact for fact in facts if fact is not None)

    def reads(self, at: datetime) -> tuple[CounterRead, ...]:
        """See `policies.interfaces.Case`.

        Raises:
            NaiveMomentError: `at` has no time zone.
        """
        _require_zone(at)
        seal = self._bundle.seals.get(self._request.seal)
        if seal is None:
            return ()
        found = (
            read
            for zone, names in self._concerning.calendars
            for read in reads(names, zone=zone, seal=seal, request=self._request, at=at)
        )
        return tuple({read.name: read for read in found}.values())

    def decide(
        self, facts: DocumentFacts, *, at: datetime, known: Known = NOTHING_KNOWN
    ) -> Decision:
        """See `policies.interfaces.Case`.

        Raises:
            NaiveMomentError: `at` has no time zone.
        """
        _require_zone(at)
        if self._refusals:
            return self._denied(self._refusals)
        subject = self._subject(facts, at, known)
        situations = self._situations(subject, self._concerning.names)
        judgement = judge(self._concerning, situations)
        kept_out: tuple[Reason, ...] = ()
        if facts.findings:
            intake = self._bundle.document_types[self._request.document_type].intake
            kept_out = refusals(intake, facts.findings)
        if kept_out or judgement.against:
            teller = Teller(caller=self._request.caller, situations=situations)
            told = (reason_of(teller.finding(*weighed)) for weighed in judgement.against)
            return self._denied((*kept_out, *told))
        if not judgement.permitting:
            return self._denied((self._default(),))
        return self._permitted(judgement.permitting, subject)

    def nearest(
        self, facts: DocumentFacts, *, at: datetime, known: Known = NOTHING_KNOWN
    ) -> tuple[Reason, ...]:
        """See `policies.interfaces.Case`; none when the seal is unknown.

        Raises:
            NaiveMomentError: `at` has no time zone.
        """
        _require_zone(at)
        if self._request.seal not in self._bundle.seals:
            return ()
        return tuple(map(reason_of, self._weighing(facts, at, known).nearest_first()))

    def explain(
        self, facts: DocumentFacts, *, at: datetime, known: Known = NOTHING_KNOWN
    ) -> Explanation:
        """The decision with every rule that speaks of this seal and document type.

        Rules are weighed even when a built-in check denies, as long as the seal is known. Where
        nothing permits it, the nearest permits are told, too.

        Raises:
            NaiveMomentError: `at` has no time zone.
        """
        decision = self.decide(facts, at=at, known=known)
        if self._request.seal not in self._bundle.seals:
            return Explanation(decision=decision, findings=())
        weighing = self._weighing(facts, at, known)
        by_default = decision.reasons[0].rule == reasons.DEFAULT
        return Explanation(
            decision=decision,
            findings=weighing.findings(),
            nearest=tuple(map(reason_of, weighing.nearest_first())) if by_default else (),
        )

    def _subject(self, facts: DocumentFacts, at: datetime, known: Known) -> Subject:
        seal = self._bundle.seals[self._request.seal]
        declared = self._bundle.document_types.get(self._request.document_type)
        return Subject(
            request=self._request,
            facts=facts,
            seal=seal,
            at=at,
            known=known,
            counterparty=None if declared is None else declared.counterparty,
        )

    def _situations(self, subject: Subject, names: Iterable[str]) -> Situations:
        return Situations(self._grounds.conditions, subject, names)

    def _weighing(self, facts: DocumentFacts, at: datetime, known: Known) -> Weighing:
        # Rules for other callers are told, too, with what is false of them.
        situations = self._situations(self._subject(facts, at, known), self._covering.names)
        return Weighing(self._covering, self._request.caller, situations)

    def _built_in_refusals(self) -> Iterator[Reason]:
        """What the built-in checks say, conditions apart."""
        request = self._request
        seal = self._bundle.seals.get(request.seal)
        if seal is None:
            yield Reason(rule=reasons.SEAL_UNKNOWN, message=f"no seal is called `{request.seal}`")
        elif (frozen := self._frozen(seal)) is not None:
            why = frozen.frozen_reason or "no reason is given"
            told = f"the seal {frozen.name} is frozen: {why}"
            yield Reason(rule=reasons.SEAL_FROZEN, message=told)
        elif seal.state != "active":
            told = f"the seal {seal.name} is {seal.state}"
            yield Reason(rule=reasons.SEAL_NOT_ACTIVE, message=told)
        elif seal.stamp is None and not isinstance(request.placement, Invisible | None):
            message = f"the seal {seal.name} has no stamp to place; ask for an invisible signature"
            yield Reason(rule=reasons.PLACEMENT, message=message)
        if request.document_type not in self._bundle.document_types:
            message = f"no document type is called `{request.document_type}`"
            yield Reason(rule=reasons.DOCUMENT_TYPE, message=message)
            return
        for fault in self._grounds.attributes.faults(request.document_type, request.attributes):
            yield Reason(rule=reasons.DOCUMENT_TYPE, message=fault)

    def _frozen(self, seal: Seal) -> Seal | None:
        """The seal that is frozen, or one with the same key: what is frozen is the key."""
        others = (self._bundle.seals[name] for name in self._grounds.rules.of_one_key(seal.name))
        return next((each for each in (seal, *others) if each.state == "frozen"), None)

    def _permitted(self, permitting: Sequence[NamedRule[PermitRule]], subject: Subject) -> Decision:
        """What needs nobody first, then what is approved, then what can be."""
        unauthorised: Reason | None = None
        waiting: list[tuple[NamedRule[PermitRule], Approvals]] = []
        for named in permitting:
            if named.rule.approvals is not None:
                waiting.append((named, named.rule.approvals))
            elif unauthorised is None:
                found = self._authorised(named, subject)
                if isinstance(found, Allowed):
                    return found
                unauthorised = found
        if waiting:
            return self._approved(waiting, subject)
        return self._denied(() if unauthorised is None else (unauthorised,))

    def _authorised(self, named: NamedRule[PermitRule], subject: Subject) -> Allowed | Reason:
        grants = self._grounds.grants
        if not grants.is_needed(self._request):
            return self._allowed(named, subject)
        grant = grants.live(self._request, at=subject.at)
        if isinstance(grant, Reason):
            return grant
        return self._allowed(named, subject, grant=grant.name)

    def _approved(
        self, waiting: Sequence[tuple[NamedRule[PermitRule], Approvals]], subject: Subject
    ) -> Allowed | NeedsApproval:
        given, at = subject.known.approvals, subject.at
        standings = [
            standing(approvals, given, request=self._request, at=at) for _, approvals in waiting
        ]
        for (named, _), found in zip(waiting, standings, strict=True):
            if not found.outstanding:
                return self._allowed(named, subject, approvals=found.counted)
        named, approvals = waiting[0]
        return NeedsApproval(
            bundle=self._bundle.digest,
            reasons=(_reason(named),),
            stages=standings[0].outstanding,
            in_order=approvals.in_order,
            expires_seconds=approvals.expires_seconds,
            given=standings[0].counted,
            placement=self._placement(named, subject.seal),
        )

    def _allowed(
        self,
        named: NamedRule[PermitRule],
        subject: Subject,
        *,
        grant: str | None = None,
        approvals: tuple[str, ...] = (),
    ) -> Allowed:
        return Allowed(
            bundle=self._bundle.digest,
            reasons=(_reason(named),),
            placement=self._placement(named, subject.seal),
            charges=charges_of(named, subject.at),
            counters=(counter_of(named), *counters_of(subject.seal, self._request)),
            grant=grant,
            approvals=approvals,
        )

    def _placement(self, chosen: NamedRule[PermitRule] | None, seal: Seal) -> Placement:
        """The rule knows better than the request, and the request better than the seal."""
        if chosen is not None and chosen.rule.placement is not None:
            return chosen.rule.placement
        return self._request.placement or seal.placement or Invisible()

    def _default(self) -> Reason:
        request, covered = self._request, bool(self._covering.permits)
        what = f"the seal {request.seal} on the document type {request.document_type}"
        message = f"no rule permits {what}" if covered else f"no policy permits {what} to anybody"
        return Reason(rule=reasons.DEFAULT, message=message)

    def _denied(self, reasons: Iterable[Reason]) -> Denied:
        return Denied(bundle=self._bundle.digest, reasons=tuple(reasons))


def _require_zone(at: datetime) -> None:
    if at.utcoffset() is None:
        raise NaiveMomentError(f"{at} has no time zone; ask the clock for an aware moment")


def _reason(named: NamedRule[PermitRule]) -> Reason:
    return Reason(rule=named.name, message=permission(named.rule))


def _preferred(permits: Sequence[NamedRule[PermitRule]]) -> NamedRule[PermitRule] | None:
    """The likeliest: what needs no approval first, then by policy name and rule id."""
    for named in permits:
        if named.rule.approvals is None:
            return named
    return permits[0] if permits else None
