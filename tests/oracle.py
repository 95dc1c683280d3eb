"""The decision by the words of docs/policies.md: every rule of the bundle is asked, one by one.

There is no index, nothing is joined and nothing is kept, so that there is nothing to get wrong. Of
the engine it shares the values of variables, CEL itself, and what intake rules and document types
say; whatever finds, orders and weighs rules is written anew.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from itertools import combinations
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from cel_expr_python import cel

from policies.bundle import Bundle
from policies.conditions.cel import ENVIRONMENT
from policies.conditions.variables import COUNTERS, VARIABLES, Subject, values
from policies.deciding.attributes import AttributeChecks
from policies.intake import refusals
from policies.model import (
    NOTHING_KNOWN,
    Allowed,
    Caller,
    Decision,
    Denied,
    DocumentFacts,
    GivenApproval,
    Invisible,
    Known,
    SealRequest,
    Stage,
)
from policies.objects.rules import Approvals, ForbidRule, PermitRule, SealPolicy, SealScope
from policies.objects.seals import Seal, SealGrant

SHANGHAI = ZoneInfo("Asia/Shanghai")
Rule = PermitRule | ForbidRule
Answer = Literal["yes", "no", "error"]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The outcome, and the names of the rules that decide."""

    outcome: Literal["allowed", "denied", "needs-approval"]
    rules: frozenset[str]


def verdict_of(decision: Decision) -> Verdict:
    """What an engine decided, in the words of the oracle."""
    rules = frozenset(reason.rule for reason in decision.reasons)
    if isinstance(decision, Allowed):
        return Verdict(outcome="allowed", rules=rules)
    if isinstance(decision, Denied):
        return Verdict(outcome="denied", rules=rules)
    return Verdict(outcome="needs-approval", rules=rules)


def decide(
    bundle: Bundle,
    request: SealRequest,
    facts: DocumentFacts,
    *,
    at: datetime,
    known: Known = NOTHING_KNOWN,
) -> Verdict:
    """Deny by default; one forbid outweighs every permit; an error in a condition denies."""
    built_in = frozenset(_built_in(bundle, request))
    if built_in:
        return Verdict(outcome="denied", rules=built_in)
    seal = bundle.seals[request.seal]
    subject = Subject(request=request, facts=facts, seal=seal, at=at, known=known)
    against: set[str] = set()
    permitting: dict[str, PermitRule] = {}
    for policy in bundle.policies.values():
        if not covers(bundle, policy, request):
            continue
        for rule in (*policy.permit, *policy.forbid):
            if not concerns(rule, request.caller):
                continue
            name = f"{policy.name}/{rule.id}"
            answer = _answer(policy, rule, subject)
            if answer == "error" or (answer == "yes" and isinstance(rule, ForbidRule)):
                against.add(name)
            elif answer == "yes" and isinstance(rule, PermitRule):
                permitting[name] = rule
    intake = bundle.document_types[request.document_type].intake
    against |= {reason.rule for reason in refusals(intake, facts.findings)}
    if against:
        return Verdict(outcome="denied", rules=frozenset(against))
    return _permitted(bundle, request, permitting, at, known)


def covers(bundle: Bundle, policy: SealPolicy, request: SealRequest) -> bool:
    """Whether the policy speaks of this seal on this document type."""
    if request.document_type not in policy.document_types and "*" not in policy.document_types:
        return False
    if not isinstance(policy.seals, SealScope):
        return request.seal in policy.seals or "*" in policy.seals
    seal, scope = bundle.seals[request.seal], policy.seals
    return (
        (not scope.types or seal.type in scope.types)
        and (not scope.lines or seal.line in scope.lines)
        and (
            not scope.companies
            or seal.company in scope.companies
            or (scope.below and any(above in scope.companies for above in _above(bundle, seal)))
        )
    )


def concerns(rule: Rule, caller: Caller) -> bool:
    """Whether the rule is for this caller."""
    posts = rule.posts if isinstance(rule, PermitRule) else frozenset()
    held = frozenset() if isinstance(caller.posts, msgspec.UnsetType) else caller.posts
    return (
        (not rule.systems or caller.system in rule.systems)
        and (not rule.roles or bool(rule.roles & caller.roles))
        and (not rule.companies or caller.company in rule.companies)
        and (not posts or bool(posts & held))
    )


def _built_in(bundle: Bundle, request: SealRequest) -> Iterator[str]:
    seal = bundle.seals.get(request.seal)
    if seal is None:
        yield "seal-unknown"
    elif seal.state != "active":
        yield "seal-frozen" if seal.state == "frozen" else "seal-not-active"
    elif seal.stamp is None and not isinstance(request.placement, Invisible | None):
        yield "placement"
    checks = AttributeChecks(bundle.document_types)
    if request.document_type not in bundle.document_types or any(
        checks.faults(request.document_type, request.attributes)
    ):
        yield "document-type"


def _above(bundle: Bundle, seal: Seal) -> Iterator[str]:
    company = bundle.companies.get(seal.company)
    while company is not None and company.parent is not None:
        yield company.parent
        company = bundle.companies.get(company.parent)


def _answer(policy: SealPolicy, rule: Rule, subject: Subject) -> Answer:
    if rule.when is None:
        return "yes"
    seal, known = subject.seal, subject.known
    used = {}
    for name, (dimension, _) in COUNTERS.items():
        told = name if policy.time_zone == "Asia/Shanghai" else f"{name}@{policy.time_zone}"
        if dimension == "line" and seal.line is None:
            used[name] = 0
        elif told in known.used:
            used[name] = known.used[told]
    counted = replace(subject, known=msgspec.structs.replace(known, used=used))
    try:
        answer = _compiled(rule.when).eval(data=values(VARIABLES, counted))
    except RuntimeError:
        return "error"
    if answer.type() != cel.Type.BOOL:
        return "error"
    return "yes" if answer.value() else "no"


@cache
def _compiled(condition: str) -> Any:  # noqa: ANN401 - the engine's type has no stub
    return ENVIRONMENT.compile(condition)


def _permitted(
    bundle: Bundle,
    request: SealRequest,
    permitting: dict[str, PermitRule],
    at: datetime,
    known: Known,
) -> Verdict:
    automatic = sorted(name for name, rule in permitting.items() if rule.approvals is None)
    asking = {name: rule.approvals for name, rule in sorted(permitting.items()) if rule.approvals}
    if automatic and (not needs_grant(bundle, request) or is_granted(bundle, request, at)):
        return Verdict(outcome="allowed", rules=frozenset(automatic[:1]))
    for name, approvals in asking.items():
        if is_approved(approvals, known.approvals, request, at):
            return Verdict(outcome="allowed", rules=frozenset({name}))
    if asking:
        return Verdict(outcome="needs-approval", rules=frozenset(list(asking)[:1]))
    return Verdict(outcome="denied", rules=frozenset({"grant" if automatic else "default"}))


def needs_grant(bundle: Bundle, request: SealRequest) -> bool:
    """Whether a system may only use the seal automatically by a grant."""
    if bundle.governance is None or request.caller.person is not msgspec.UNSET:
        return False
    another = bundle.seals[request.seal].company != request.caller.company
    return another or bundle.governance.automatic_sealing == "granted"


def is_granted(bundle: Bundle, request: SealRequest, at: datetime) -> bool:
    """Whether any grant is in force for the request."""
    caller = request.caller
    held = frozenset() if isinstance(caller.posts, msgspec.UnsetType) else caller.posts
    mine = {("system", caller.system), ("company", caller.company)}
    mine |= {("post", post) for post in held}
    return any(
        (grant.grantee_kind, grant.grantee) in mine and _holds(bundle, grant, request, at, 0)
        for grant in bundle.grants.values()
    )


def _holds(
    bundle: Bundle, grant: SealGrant, request: SealRequest, at: datetime, depth: int
) -> bool:
    if depth > min(grant.sub_delegation, len(bundle.grants)):
        return False
    if grant.amount is not None:
        amount = request.attributes.get(grant.amount.attribute)
        if type(amount) is not int or not 0 <= amount <= grant.amount.maximum:
            return False
    in_force = grant.valid_from <= at.astimezone(SHANGHAI).date() <= grant.valid_until
    revoked = grant.revoked_at is not None and at >= grant.revoked_at
    meant = request.seal in grant.seals and request.document_type in grant.document_types
    if not in_force or revoked or not meant:
        return False
    if grant.under is None:
        return grant.grantor == bundle.seals[request.seal].company
    parent = bundle.grants.get(grant.under)
    return (
        parent is not None
        and parent.grantee_kind == "company"
        and parent.grantee == grant.grantor
        and _holds(bundle, parent, request, at, depth + 1)
    )


def is_approved(
    approvals: Approvals, given: Sequence[GivenApproval], request: SealRequest, at: datetime
) -> bool:
    """Whether the approvals can be dealt out so that every stage is complete."""
    lifetime = timedelta(seconds=approvals.expires_seconds)
    counting = [
        each
        for each in sorted(given, key=lambda approval: (approval.given_at, approval.id))
        if each.given_at <= at < each.expires_at
        and at < each.given_at + lifetime
        and each.subject not in {request.caller.person, request.requested_by}
    ]
    return _can_be_dealt(approvals.stages, counting, in_order=approvals.in_order)


def _can_be_dealt(
    stages: Sequence[Stage], given: Sequence[GivenApproval], *, in_order: bool
) -> bool:
    if not stages:
        return True
    stage, *later = stages
    fitting = [each for each in given if each.roles & stage.roles]
    for chosen in combinations(fitting, stage.count):
        people = {each.subject for each in chosen}
        if len(people) < stage.count:
            continue
        last = max(given.index(each) for each in chosen)
        left = given[last + 1 :] if in_order else given
        rest = [each for each in left if each.subject not in people]
        if _can_be_dealt(later, rest, in_order=in_order):
            return True
    return False
