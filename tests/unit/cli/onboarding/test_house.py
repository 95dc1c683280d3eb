"""Questions 5 to 7: each agrees, and each difference is told."""

import re
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from gateway.cli.onboarding.model import Installation
from policies.objects.documents import Mark, Template
from policies.objects.systems import ApprovalSource
from tests.unit.cli.onboarding.answered import (
    ANSWERS,
    HERE,
    ROOT,
    answering,
    changed,
    declaring,
    objects,
    permits,
    told,
    without,
)

_RECEIPT = "logistics-receipt"


def test_5_companies_that_one_side_does_not_have() -> None:
    assert ANSWERS.group is not None
    companies = ANSWERS.group.companies
    west = companies[0].model_copy(update={"name": "west", "people": 0})
    assert told(5, answering(group={"companies": (*companies, west)})) == [
        "the policies have no company west"
    ]
    assert told(5, answering(group={"companies": companies[:-1]})) == [
        "the policies have company south"
    ]


def test_5_people_who_left_do_not_count() -> None:
    holding = HERE.bundle.persons["he-ping"].posts[0]
    gone = msgspec.structs.replace(holding, until_day=HERE.at.date() - timedelta(days=1))
    here = changed("persons", "he-ping", posts=(gone,))
    assert "0 persons of it hold a post today" in told(5, here=here)[0]


def test_5_seals_that_another_manages() -> None:
    here = changed("seals", "receipt-south", managed_by="self")
    assert told(5, here=here) == ["`managedBy` says otherwise for receipt-south"]
    assert ANSWERS.group is not None
    *others, south = ANSWERS.group.companies
    itself = south.model_copy(update={"seals_managed_by": "self"})
    assert told(5, answering(group={"companies": (*others, itself)}), here) == []


def test_5_grants_that_one_side_does_not_have() -> None:
    nobody = answering(group={"on_behalf": ()})
    assert told(5, nobody) == ["the grants in force have grant to east for south"]
    assert told(5, here=without("grants", "south-receipts")) == [
        "the grants in force have no grant to east for south"
    ]
    assert told(5, nobody, without("grants", "south-receipts")) == []


@pytest.mark.parametrize(
    "void",
    [
        {"revoked_at": HERE.at, "revoked_reason": "ended"},
        {"valid_until": HERE.at.date() - timedelta(days=1)},
        {"valid_from": HERE.at.date() + timedelta(days=2)},
    ],
    ids=["revoked", "over", "not begun"],
)
def test_5_a_grant_that_is_not_in_force_is_none(void: dict[str, object]) -> None:
    here = changed("grants", "south-receipts", **void)
    assert told(5, here=here) == ["the grants in force have no grant to east for south"]


@pytest.mark.parametrize(
    ("kind", "grantee"), [("company", "east"), ("post", "east-head"), ("system", "tms")]
)
def test_5_a_grant_is_to_a_company_whatever_of_it_is_named(kind: str, grantee: str) -> None:
    here = changed("grants", "south-receipts", grantee_kind=kind, grantee=grantee)
    assert told(5, here=here) == []


def test_5_a_grant_within_a_company_is_not_for_another() -> None:
    here = changed("grants", "south-receipts", seals=("receipt-east",))
    assert told(5, here=here) == ["the grants in force have no grant to east for south"]


def test_5_who_manages_seals() -> None:
    assert told(5, answering(group={"seal_managers": ("li-na", "he-ping")})) == [
        "the policies have no seal manager he-ping",
        "the policies have seal manager wang-qiang",
    ]


def test_6_systems_that_one_side_does_not_have() -> None:
    assert ANSWERS.systems is not None
    erp = ANSWERS.systems[0].model_copy(update={"name": "erp"})
    assert told(6, answering(systems=(*ANSWERS.systems, erp))) == [
        "the policies have no system erp"
    ]
    assert told(6, answering(systems=())) == ["the policies have system tms"]


def test_6_ways_in_that_one_side_does_not_have() -> None:
    assert told(6, answering(systems={"comes_by": ("api", "sftp")})) == [
        "keys and connectors have no way in for tms: sftp",
        "keys and connectors have way in for tms: folder",
    ]
    # A connector that the officers' System does not name may not speak for it.
    unknown = changed("systems", "tms", connectors=frozenset())
    assert told(6, here=unknown) == ["keys and connectors have no way in for tms: folder"]
    keyless = changed("systems", "tms", keys=())
    assert told(6, here=keyless) == ["keys and connectors have no way in for tms: api"]


@pytest.mark.parametrize("way", ["sftp", "amqp", "table", "http", "s3"])
def test_6_each_kind_of_connector_is_a_way_in(way: str) -> None:
    text = (ROOT / "examples" / "connectors" / f"{way}.yaml").read_text(encoding="utf-8")
    first = text.split("\n---\n")[0]
    name = re.search(r"metadata: {name: ([a-z-]+)", first)
    assert name is not None
    theirs = re.sub(r"(?m)^  system: .*$", "  system: tms", first)
    named = changed("systems", "tms", connectors=frozenset({"folder", name[1]}))
    here = declaring(theirs, named)
    assert told(6, here=here) == [f"keys and connectors have way in for tms: {way}"]
    assert told(6, answering(systems={"comes_by": ("api", "folder", way)}), here) == []


def test_6_approvals_that_only_one_side_knows_of() -> None:
    none = answering(systems={"approval": "none"})
    automatic = permits("tms-automatic")
    assert "asks for approvals" in told(6, none)[0]
    assert told(6, here=automatic) == ["no rule for it asks for approvals"]
    assert told(6, none, automatic) == []


def _with_oa(role: str) -> Installation:
    source = ApprovalSource(
        name="oa",
        company="group",
        role=role,
        algorithm="ed25519",
        public_key=bytes(32),
        max_age_seconds=3600,
    )
    return objects(approval_sources={"oa": source})


def test_6_an_oa_system_that_signs_nothing_that_counts() -> None:
    answers = answering(systems={"approval": "oa", "oa": "oa"})
    assert told(6, answers) == ["there is no ApprovalSource of that name"]
    assert "the rules ask seal-approver" in told(6, answers, _with_oa("legal"))[0]
    assert told(6, answers, _with_oa("seal-approver")) == []


@pytest.mark.parametrize("kind", ["word", "excel", "ofd", "picture"])
def test_7_what_is_no_pdf_is_not_sealed(kind: str) -> None:
    assert "PDF is sealed" in told(7, answering(formats={"format": kind}))[0]


def test_7_types_that_one_side_does_not_have() -> None:
    assert told(7, answering(formats=())) == [f"the policies have document type {_RECEIPT}"]


def _with_template(when: str) -> Installation:
    mark = Mark(text="回单", left_mm=10, top_mm=10)
    template = Template(
        name="receipt-v1",
        document_type=_RECEIPT,
        version=1,
        width_mm=210,
        height_mm=297,
        marks=(mark,),
    )
    policy = HERE.bundle.policies["receipts"]
    rules = tuple(msgspec.structs.replace(rule, when=when) for rule in policy.permit)
    here = changed("policies", "receipts", permit=rules)
    return replace(here, bundle=replace(here.bundle, templates={"receipt-v1": template}))


def test_7_a_fixed_form_is_looked_for_or_is_not() -> None:
    fixed = answering(formats={"fixed_form": True})
    looked_for = _with_template('doc.template == "receipt-v1@1"')
    assert "templates: none" in told(7, fixed)[0]
    assert "rules that ask for one: none" in told(7, fixed, _with_template("doc.pages == 1"))[0]
    assert told(7, fixed, looked_for) == []
    assert "templates: receipt-v1" in told(7, here=looked_for)[0]


def test_7_a_rule_that_forbids_other_forms_asks_for_one_too() -> None:
    here = _with_template("doc.pages == 1")
    forbid = msgspec.structs.replace(
        here.bundle.policies["receipts"].forbid[0], when='doc.template != "receipt-v1@1"'
    )
    here = changed("policies", "receipts", here, forbid=(forbid,))
    assert told(7, answering(formats={"fixed_form": True}), here) == []
