"""The kinds of a whole group: what they become, and every way in which they can be wrong."""

from datetime import UTC, date, datetime

import pytest

from policies.bundle import Bundle
from policies.loader import load_bundle
from policies.model import Stage
from policies.objects.documents import Field, Mark
from policies.objects.group import BusinessLine, Company, Governance, Signatures
from policies.objects.people import Holding, PersonKey, Post
from policies.objects.rules import Approvals, Limits, SealScope
from policies.objects.seals import Amount
from policies.objects.systems import ApprovalSource
from tests.unit.policies.group_world import SOURCES, changed


@pytest.fixture
def bundle() -> Bundle:
    return load_bundle(SOURCES)


def test_the_group_becomes_values(bundle: Bundle) -> None:
    assert bundle.governance == Governance(
        name="group",
        root="group",
        officers=("li-na", "wang-qiang"),
        signatures=Signatures(bundle=2, freeze=1, unfreeze=2),
        automatic_sealing="granted",
        further_seal_types=("复印件章",),
    )
    assert bundle.companies["east"] == Company(
        name="east", title="示例物流（华东）有限公司", parent="group", folder="companies/east"
    )
    assert bundle.lines == {"logistics": BusinessLine(name="logistics", title="物流")}


def test_people_become_values(bundle: Bundle) -> None:
    assert bundle.roles["officer"].power == "seal-manager"
    assert bundle.roles["head"].power == "seal-user"
    assert bundle.posts["east-head"] == Post(
        name="east-head", company="east", title="华东负责人", roles=frozenset({"head"})
    )
    wang = bundle.persons["wang-qiang"]
    assert wang.posts == (
        Holding(post="audit", from_day=date(2024, 1, 1), until_day=date(2025, 1, 1)),
        Holding(post="seal-office", from_day=date(2025, 1, 1)),
    )
    (key,) = wang.keys
    assert (key.algorithm, len(key.public_key)) == ("ecdsa-p256-sha256", 91)
    assert bundle.persons["li-na"].keys == (
        PersonKey(id="li-na-2026", algorithm="ed25519", public_key=bytes([1]) * 32),
    )


def test_grants_become_values(bundle: Bundle) -> None:
    grant = bundle.grants["tms-receipts"]
    assert (grant.grantor, grant.grantee_kind, grant.grantee) == ("group", "system", "tms")
    assert grant.amount == Amount(attribute="amount_cents", maximum=100)
    assert (grant.valid_from, grant.valid_until) == (date(2026, 2, 1), date(2026, 12, 31))
    assert (grant.under, bundle.grants["east-receipts"].sub_delegation) == ("east-receipts", 1)
    assert (grant.document, grant.document_digest) == ("grants/tms.pdf", "ab" * 32)
    assert grant.revoked_at == datetime(2026, 11, 20, 1, tzinfo=UTC)
    assert grant.revoked_reason == "系统下线"
    assert bundle.approval_sources["oa"] == ApprovalSource(
        name="oa",
        company="group",
        role="head",
        algorithm="ed25519",
        public_key=bytes([2]) * 32,
        max_age_seconds=72 * 3600,
    )


def test_a_template_becomes_a_value(bundle: Bundle) -> None:
    template = bundle.templates["receipt-v1"]
    assert (template.version, template.width_mm, template.height_mm) == (1, 210.0, 297.0)
    assert template.marks == (Mark(text="运单号", left_mm=20.0, top_mm=31.0),)
    assert template.fields == {
        "amount": Field(left_mm=40.0, top_mm=60.0, width_mm=60.0, height_mm=8.0)
    }
    document_type = bundle.document_types["receipt"]
    assert document_type.counterparty == "consignee"
    assert document_type.attributes["consignee"].party


def test_rules_for_posts_stages_and_months_become_values(bundle: Bundle) -> None:
    automatic, by_hand = bundle.policies["receipts-east"].permit
    assert automatic.limits == Limits(per_month=400_000)
    assert by_hand.posts == {"east-dispatch"}
    assert by_hand.approvals == Approvals(
        stages=(
            Stage(count=1, roles=frozenset({"head"})),
            Stage(count=1, roles=frozenset({"clerk"})),
        ),
        in_order=True,
        expires_seconds=24 * 3600,
    )


def test_a_policy_may_be_for_seals_by_what_they_are() -> None:
    scope = "{types: [回单章], companies: [group], below: true, lines: [logistics]}"
    sources = changed("companies/east/all.yaml", "seals: [receipt-east]", f"seals: {scope}")
    policy = load_bundle(sources, run_tests=False).policies["receipts-east"]
    assert policy.seals == SealScope(
        types=frozenset({"回单章"}),
        companies=frozenset({"group"}),
        below=True,
        lines=frozenset({"logistics"}),
    )
    assert policy.tests[0].request.seal == "receipt-east"


def test_who_manages_an_object_follows_from_its_folder(bundle: Bundle) -> None:
    assert bundle.seals["receipt-east"].managed_by == "self"
    assert bundle.grants["tms-receipts"].managed_by == "group"


def test_a_test_may_imagine_a_person_in_the_posts_of_that_day(bundle: Bundle) -> None:
    _, before, after, _ = bundle.policies["receipts-east"].tests
    assert before.request.caller.system == "person:zhao-min"
    assert before.request.caller.posts == {"east-dispatch"}
    assert before.request.caller.roles == {"clerk"}
    assert after.request.caller.posts == {"east-head"}


def test_a_test_may_imagine_approvals_counts_and_what_stands_on_the_document() -> None:
    more = (
        "{system: tms, approvedBy: [zhao-min], used: {seal_day: 7}, "
        "doc: {pages: 2, text: 合计, parties: [甲], amounts: [1], template: receipt-v1@1, "
        "fields: {amount: '0.01'}, earlier: [{signer: 乙}], "
    )
    sources = changed("companies/east/all.yaml", "{system: tms, doc: {", more)
    test = load_bundle(sources).policies["receipts-east"].tests[0]
    (approval,) = test.known.approvals
    assert (approval.subject, approval.roles) == ("zhao-min", {"clerk"})
    assert approval.given_at < test.at < approval.expires_at
    assert test.known.used == {"used.seal_day": 7}
    content = test.facts.content
    assert content.text == "合计"  # type: ignore[union-attr]  # it is set in every test
    assert content.page_sizes == ("210x297", "210x297")  # type: ignore[union-attr]
    assert content.earlier[0].signer == "乙"  # type: ignore[union-attr]
    assert test.facts.signatures == 1


def test_approvals_are_imagined_in_their_order() -> None:
    sources = changed(
        "companies/east/all.yaml", "{system: tms, doc", "{approvedBy: [li-na, zhao-min], doc"
    )
    sources = {
        name: text.replace("rule: automatic", "rule: default").replace(
            "expect: allowed", "expect: denied", 1
        )
        for name, text in sources.items()
    }
    first, second = load_bundle(sources).policies["receipts-east"].tests[0].known.approvals
    assert (first.subject, second.subject) == ("li-na", "zhao-min")
    assert first.given_at < second.given_at
