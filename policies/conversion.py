"""Documents without mistakes into the frozen values of a bundle."""

import base64
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TypeVar
from zoneinfo import ZoneInfo

from policies.bundle import (
    ANY,
    Approvals,
    Attribute,
    Bundle,
    Company,
    DocumentType,
    ForbidRule,
    Limits,
    PermitRule,
    PictureStamp,
    PolicyTest,
    Role,
    RoundStamp,
    Seal,
    SealPolicy,
    SealSignature,
    Stamp,
    System,
    SystemKey,
)
from policies.intake import Intake
from policies.library import KindT, Library, Shelf
from policies.model import Caller, Placement, SealRequest, Stage
from policies.object_kinds import DocumentTypeKind, SealKind, StampSpec, SystemKind
from policies.placement import PlacementInput, placement_of
from policies.policy_kinds import (
    ApprovalsSpec,
    ForbidSpec,
    PermitSpec,
    SealPolicyKind,
    TestSpec,
    tests_of,
)
from policies.references import BUILT_IN_RULES

ValueT = TypeVar("ValueT")


def bundle_of(library: Library, digest: str) -> Bundle:
    """The bundle. The library MUST have no mistakes."""
    seals = _mapping(library.seals, _seal)
    systems = _mapping(library.systems, _system)
    types = sorted(library.document_types.documents)
    defaults = _Defaults(seals, systems, types)
    return Bundle(
        companies=_mapping(
            library.companies,
            lambda name, kind: Company(name=name, title=kind.spec.title, parent=kind.spec.parent),
        ),
        roles=_mapping(library.roles, lambda name, kind: Role(name=name, title=kind.spec.title)),
        systems=systems,
        document_types=_mapping(library.document_types, _document_type),
        seals=seals,
        policies=_mapping(library.policies, lambda name, kind: _policy(name, kind, defaults)),
        digest=digest,
    )


def _mapping(shelf: Shelf[KindT], convert: Callable[[str, KindT], ValueT]) -> Mapping[str, ValueT]:
    return MappingProxyType(
        {name: convert(name, loaded.value) for name, loaded in sorted(shelf.documents.items())}
    )


def _system(name: str, kind: SystemKind) -> System:
    spec = kind.spec
    keys = tuple(
        SystemKey(
            id=key.id,
            algorithm=key.algorithm,
            public_key=None if key.public_key is None else base64.b64decode(key.public_key),
            secret_file=key.secret_file,
        )
        for key in spec.keys
    )
    return System(
        name=name,
        company=spec.company,
        roles=frozenset(spec.roles),
        keys=keys,
        certificates=tuple(certificate.sha256 for certificate in spec.certificates),
    )


def _document_type(name: str, kind: DocumentTypeKind) -> DocumentType:
    attributes = {
        attribute: Attribute(
            type=spec.type,
            required=spec.required,
            minimum=spec.minimum,
            maximum=spec.maximum,
            max_length=spec.max_length,
            pattern=spec.pattern,
        )
        for attribute, spec in kind.spec.attributes.items()
    }
    spec = kind.spec
    return DocumentType(
        name=name,
        title=spec.title,
        attributes=MappingProxyType(attributes),
        intake=Intake(accept=frozenset(spec.intake.accept), refuse=frozenset(spec.intake.refuse)),
        normalize=spec.normalize,
    )


def _seal(name: str, kind: SealKind) -> Seal:
    spec = kind.spec
    return Seal(
        name=name,
        company=spec.company,
        type=spec.type,
        state=spec.state,
        key=spec.key,
        certificate=spec.certificate,
        frozen_reason=spec.frozen_reason,
        signature=SealSignature(kind=spec.signature.kind, permission=spec.signature.permission),
        stamp=None if spec.stamp is None else _stamp(spec.stamp),
        placement=_placement(spec.placement),
    )


def _stamp(spec: StampSpec) -> Stamp | None:
    if spec.round is not None:
        return RoundStamp(
            name=spec.round.name,
            purpose=spec.round.purpose,
            serial=spec.round.serial,
            diameter_mm=spec.round.diameter_millimetres,
            color=spec.round.color,
        )
    if spec.picture is not None:
        return PictureStamp(file=spec.picture.file, width_mm=spec.picture.width_millimetres)
    return None


def _placement(written: PlacementInput | tuple[PlacementInput, ...] | None) -> Placement | None:
    return None if written is None else placement_of(written)


def _policy(name: str, kind: SealPolicyKind, defaults: "_Defaults") -> SealPolicy:
    spec = kind.spec
    return SealPolicy(
        name=name,
        seals=spec.seals,
        document_types=spec.document_types,
        time_zone=spec.time_zone,
        permit=tuple(_permit(rule) for rule in spec.permit),
        forbid=tuple(_forbid(rule) for rule in spec.forbid),
        tests=tuple(defaults.tests(name, kind)),
    )


def _permit(spec: PermitSpec) -> PermitRule:
    return PermitRule(
        id=spec.id,
        systems=frozenset(spec.systems),
        roles=frozenset(spec.roles),
        companies=frozenset(spec.companies),
        when=spec.when,
        limits=Limits(per_hour=spec.limits.per_hour, per_day=spec.limits.per_day),
        placement=_placement(spec.placement),
        approvals=None if spec.approvals is None else _approvals(spec.approvals),
    )


def _approvals(spec: ApprovalsSpec) -> Approvals:
    return Approvals(stages=(Stage(count=spec.count, roles=frozenset(spec.roles)),))


def _forbid(spec: ForbidSpec) -> ForbidRule:
    return ForbidRule(
        id=spec.id,
        systems=frozenset(spec.systems),
        roles=frozenset(spec.roles),
        when=spec.when,
        message=spec.message,
    )


class _Defaults:
    """Fills in what tests leave out; `policies.policy_kinds.TestRequestSpec` says how."""

    def __init__(
        self, seals: Mapping[str, Seal], systems: Mapping[str, System], types: list[str]
    ) -> None:
        self._seals = seals
        self._systems = systems
        self._types = types

    def tests(self, name: str, kind: SealPolicyKind) -> Iterator[PolicyTest]:
        own = {rule.id for rule in kind.spec.permit} | {rule.id for rule in kind.spec.forbid}
        for _, test in tests_of(kind):
            at = test.request.at
            yield PolicyTest(
                name=test.name,
                request=self._request(kind, test),
                facts=test.request.doc.facts(),
                at=at if at.tzinfo else _in_zone(at, kind.spec.time_zone),
                expect=test.expect,
                rule=f"{name}/{test.rule}"
                if test.rule in own and test.rule not in BUILT_IN_RULES
                else test.rule,
            )

    def _request(self, kind: SealPolicyKind, test: TestSpec) -> SealRequest:
        written = test.request
        seal = written.seal or _first(kind.spec.seals, sorted(self._seals))
        types = kind.spec.document_types
        return SealRequest(
            caller=self._caller(test, seal),
            seal=seal,
            document_type=written.document_type or _first(types, self._types),
            business_number=written.business_number,
            attributes=dict(written.doc.attributes),
            placement=_placement(written.placement),
        )

    def _caller(self, test: TestSpec, seal: str) -> Caller:
        written = test.request
        system = self._systems.get(written.system or "")
        if system is not None:
            company, roles = system.company, system.roles
        else:
            owner = self._seals.get(seal)
            company, roles = owner.company if owner else "self-test", frozenset()
        return Caller(
            system=written.system or "self-test",
            company=written.company or company,
            roles=roles if written.roles is None else frozenset(written.roles),
        )


def _first(named: tuple[str, ...], everything: list[str]) -> str:
    if ANY not in named:
        return named[0]
    return everything[0] if everything else ANY


def _in_zone(at: datetime, zone: str) -> datetime:
    return at.replace(tzinfo=ZoneInfo(zone))
