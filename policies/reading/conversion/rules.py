"""Policies and their rules."""

from policies.kinds.policy import (
    ApprovalsSpec,
    ForbidSpec,
    PermitSpec,
    SealPolicyKind,
    SealScopeSpec,
)
from policies.model import Stage
from policies.objects.rules import (
    Approvals,
    ForbidRule,
    Limits,
    PermitRule,
    PolicyTest,
    SealPolicy,
    SealScope,
)
from policies.reading.conversion.placements import written_placement


def policy(name: str, kind: SealPolicyKind, tests: tuple[PolicyTest, ...]) -> SealPolicy:
    """Of `kind: SealPolicy`."""
    spec = kind.spec
    return SealPolicy(
        name=name,
        seals=_scope(spec.seals) if isinstance(spec.seals, SealScopeSpec) else spec.seals,
        document_types=spec.document_types,
        time_zone=spec.time_zone,
        permit=tuple(_permit(rule) for rule in spec.permit),
        forbid=tuple(_forbid(rule) for rule in spec.forbid),
        tests=tests,
    )


def _scope(spec: SealScopeSpec) -> SealScope:
    return SealScope(
        types=frozenset(spec.types),
        companies=frozenset(spec.companies),
        below=spec.below,
        lines=frozenset(spec.lines),
    )


def _permit(spec: PermitSpec) -> PermitRule:
    limits = spec.limits
    return PermitRule(
        id=spec.id,
        systems=frozenset(spec.systems),
        roles=frozenset(spec.roles),
        companies=frozenset(spec.companies),
        posts=frozenset(spec.posts),
        when=spec.when,
        limits=Limits(per_hour=limits.per_hour, per_day=limits.per_day, per_month=limits.per_month),
        placement=written_placement(spec.placement),
        approvals=None if spec.approvals is None else _approvals(spec.approvals),
    )


def _approvals(spec: ApprovalsSpec) -> Approvals:
    return Approvals(
        stages=tuple(
            Stage(count=stage.count, roles=frozenset(stage.roles)) for stage in spec.in_stages
        ),
        in_order=spec.order == "sequence",
        expires_seconds=3600 * spec.expires_hours,
    )


def _forbid(spec: ForbidSpec) -> ForbidRule:
    return ForbidRule(
        id=spec.id,
        systems=frozenset(spec.systems),
        roles=frozenset(spec.roles),
        companies=frozenset(spec.companies),
        when=spec.when,
        message=spec.message,
    )
