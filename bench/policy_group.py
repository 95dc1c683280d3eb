"""A drawn group of companies with its policies, the same at every run, and requests to it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, Literal

from policies.bundle import Bundle
from policies.model import Caller, DocumentFacts, SealRequest, Stage
from policies.objects.documents import Attribute, DocumentType
from policies.objects.group import BusinessLine, Company, Governance, Signatures
from policies.objects.rules import (
    ANY,
    Approvals,
    ForbidRule,
    Limits,
    PermitRule,
    SealPolicy,
    SealScope,
)
from policies.objects.seals import Seal
from policies.objects.systems import System

AT: Final = datetime(2026, 11, 22, 4, tzinfo=UTC)
"""A Sunday at noon in Shanghai."""

_TYPES: Final = ("公章", "合同专用章", "财务专用章", "发票专用章", "回单章")
_LINES: Final = ("logistics", "finance", "sales", "hr")
_DOCUMENT_TYPES: Final = tuple(f"paper-{number}" for number in range(10))
_ZONE: Final = "Asia/Shanghai"
_GROUP_FORBIDS: Final = 64
_SUBSIDIARIES: Final = 10
"""Companies directly below one."""

Expected = Literal["allowed", "denied", "default"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request, what is known of its document, and how it is to be decided."""

    request: SealRequest
    facts: DocumentFacts
    expected: Expected


def group_of(*, companies: int, seals: int, rules: int) -> Bundle:
    """A group whose HQ forbids, and whose companies permit.

    Each company has its share of the seals, a system, a policy of forbids for all of its seals, and
    a policy of permits for each; rules that are then still missing are permits for one system.
    """
    share = seals // companies
    company_names = [_company(number) for number in range(companies)]
    policies = [*_of_the_group()]
    for number in range(companies):
        policies.append(_of_a_company(number))
        policies += [_of_a_seal(number, which) for which in range(share)]
    written = sum(len(policy.permit) + len(policy.forbid) for policy in policies)
    policies += _further(company_names, rules - written)
    return Bundle(
        companies={
            name: Company(
                name=name,
                title=f"示例第{number}公司",
                parent=_company((number - 1) // _SUBSIDIARIES) if number else None,
            )
            for number, name in enumerate(company_names)
        },
        roles={},
        systems={
            f"system-{name}": System(name=f"system-{name}", company=name) for name in company_names
        },
        document_types={name: _document_type(name) for name in _DOCUMENT_TYPES},
        seals={seal.name: seal for seal in _seals(companies, share)},
        policies={policy.name: policy for policy in policies},
        digest="sha256:" + "0" * 64,
        governance=Governance(
            name="group", root=_company(0), officers=(), signatures=Signatures(bundle=2)
        ),
        lines={name: BusinessLine(name=name, title=name) for name in _LINES},
    )


def asked(bundle: Bundle, count: int) -> Iterator[Asked]:
    """So many requests: 90 % allowed, 9 % denied by a rule, 1 % because nothing permits them.

    Of the denied, a third by a forbid of HQ's and two thirds by one of their company's.
    """
    seals = list(bundle.seals.values())
    for number in range(count):
        # A prime step visits all seals before it comes to one again.
        seal = seals[number * 7919 % len(seals)]
        expected = _expected(number % 100)
        barred = expected == "denied" and number % 3 == 0
        yield Asked(
            request=SealRequest(
                caller=Caller(system=f"system-{seal.company}", company=seal.company),
                seal=seal.name,
                document_type=_document_type_of(seal),
                business_number=f"HD-{number:08}",
                attributes={
                    "amount_cents": 900_000_000
                    if expected == "denied" and not barred
                    else 100 + number % 1000,
                    "consignee": "禁止往来单位2" if barred else f"收货单位{number % 500}",
                    "waybill": f"YD{number:010}",
                },
            ),
            facts=DocumentFacts(
                pages=9 if expected == "default" else 1 + number % 3,
                size_bytes=40_000,
                revisions=1,
                signatures=0,
                pdf_version="1.7",
            ),
            expected=expected,
        )


def _expected(portion: int) -> Expected:
    if portion == 0:
        return "default"
    return "denied" if portion in range(1, 10) else "allowed"


def _company(number: int) -> str:
    return f"company-{number}"


def _seals(companies: int, share: int) -> Iterator[Seal]:
    for number in range(companies):
        for which in range(share):
            name = f"seal-{number}-{which}"
            yield Seal(
                name=name,
                company=_company(number),
                type=_TYPES[which % len(_TYPES)],
                state="active",
                key=name,
                certificate=f"certificates/{name}.pem",
                line=_LINES[number % len(_LINES)],
            )


def _document_type(name: str) -> DocumentType:
    return DocumentType(
        name=name,
        attributes={
            "amount_cents": Attribute(type="integer", required=True, minimum=0),
            "consignee": Attribute(type="string", required=True, max_length=100, party=True),
            "waybill": Attribute(type="string", pattern="[A-Z]{2}[0-9]{8,12}"),
        },
    )


def _document_type_of(seal: Seal) -> str:
    return _DOCUMENT_TYPES[_TYPES.index(seal.type)]


def _of_the_group() -> Iterator[SealPolicy]:
    """HQ's forbids: half for every seal, half by type and everywhere below HQ."""
    half = _GROUP_FORBIDS // 2
    yield SealPolicy(
        name="group-forbids",
        seals=("*",),
        document_types=("*",),
        time_zone=_ZONE,
        forbid=tuple(_group_forbid(number) for number in range(half)),
    )
    for which, kind in enumerate(_TYPES):
        yield SealPolicy(
            name=f"group-forbids-{which}",
            seals=SealScope(
                types=frozenset({kind}), companies=frozenset({_company(0)}), below=True
            ),
            document_types=("*",),
            time_zone=_ZONE,
            forbid=tuple(
                _group_forbid(number)
                for number in range(half, _GROUP_FORBIDS)
                if number % len(_TYPES) == which
            ),
        )


def _group_forbid(number: int) -> ForbidRule:
    conditions = (
        f"doc.pages > {300 + number}",
        f"doc.attributes.amount_cents > {1_000_000_000 + number}",
        f'doc.attributes.consignee == "禁止往来单位{number}"',
        f'now > timestamp("20{40 + number % 50}-01-01T00:00:00Z")',
        f"doc.revisions > {10 + number} || doc.signatures > {10 + number}",
        f'"javascript" in doc.findings && doc.size_bytes > {number}',
    )
    return ForbidRule(id=f"never-{number}", when=conditions[number % len(conditions)])


def _of_a_company(number: int) -> SealPolicy:
    return SealPolicy(
        name=f"{_company(number)}-forbids",
        managed_by="self",
        seals=SealScope(companies=frozenset({_company(number)})),
        document_types=_DOCUMENT_TYPES,
        time_zone=_ZONE,
        forbid=(
            ForbidRule(id="large", when=f"doc.attributes.amount_cents > {500_000_000 + number}"),
            ForbidRule(id="changed", when="doc.revisions > 1"),
            ForbidRule(id="signed", when="doc.signatures > 0 && doc.pages > 100"),
            ForbidRule(id="at-night", when=f'now.getHours("{_ZONE}") < {1 + number % 6}'),
        ),
    )


def _of_a_seal(number: int, which: int) -> SealPolicy:
    seal = f"seal-{number}-{which}"
    ceiling = 5_000_000 + number * 10 + which
    return SealPolicy(
        name=f"permits-{seal}",
        managed_by="self",
        seals=(seal,),
        document_types=(_DOCUMENT_TYPES[which % len(_TYPES)],),
        time_zone=_ZONE,
        permit=(
            PermitRule(
                id="automatic",
                systems=frozenset({f"system-{_company(number)}"}),
                when=f"doc.pages <= 3 && doc.attributes.amount_cents <= {ceiling}"
                " && size(doc.attributes.consignee) > 0",
                limits=Limits(per_hour=3000, per_day=20_000),
            ),
            PermitRule(
                id="approved",
                roles=frozenset({"dispatcher"}),
                approvals=Approvals(stages=(Stage(count=2, roles=frozenset({"legal"})),)),
            ),
            PermitRule(id="by-hand", posts=frozenset({f"post-{number}"}), when="doc.pages < 50"),
        ),
    )


def _further(companies: list[str], missing: int) -> Iterator[SealPolicy]:
    for position in range(missing):
        number = position % len(companies)
        yield SealPolicy(
            name=f"further-{position}",
            managed_by="self",
            seals=(f"seal-{number}-0",),
            document_types=(_DOCUMENT_TYPES[0],),
            time_zone=_ZONE,
            permit=(
                PermitRule(
                    id="other-system",
                    systems=frozenset({f"other-system-{position}"}),
                    when=f"doc.pages == {position}",
                ),
            ),
        )


def with_a_forbid(bundle: Bundle) -> Bundle:
    """The same group, after HQ has forbidden what has more than two pages."""
    veto = SealPolicy(
        name="at-most-two-pages",
        seals=(ANY,),
        document_types=(ANY,),
        time_zone="Asia/Shanghai",
        forbid=(ForbidRule(id="more", when="doc.pages > 2"),),
    )
    return replace(bundle, policies={**bundle.policies, veto.name: veto})
