"""Questions 8, 13 and 14: each agrees, and each difference is told."""

import msgspec
import pytest

from gateway.cli.onboarding.answers_outside import Handwriting
from gateway.config.bridge import InboundConfig
from tests.unit.cli.onboarding.answered import (
    HERE,
    answering,
    bridged,
    changed,
    configured,
    objects,
    permits,
    told,
    without,
)

_RECEIPT = "logistics-receipt"


def test_8_several_parties_need_a_way_to_them() -> None:
    two = answering(flows={"parties": 2})
    assert "no section `bridge`" in told(8, two)[0]
    assert told(8, two, bridged()) == []


def test_8_what_others_send_has_more_parties_than_one() -> None:
    here = bridged()
    bridge = here.config.bridge
    assert bridge is not None
    inbound = (InboundConfig(type="*", document_type=_RECEIPT, seal="receipt-east"),)
    company = bridge.companies[0].model_copy(update={"inbound": inbound})
    here = configured(here, bridge={"companies": (company,)})
    assert "`inbound` of the bridge" in told(8, here=here)[0]
    assert told(8, answering(flows={"parties": 2}), here) == []


def test_8_how_our_seal_comes_on_it() -> None:
    automatic = answering(flows={"ours": ("automatic", "batch")})
    assert "by which that is manual" in told(8, automatic)[0]
    assert told(8, automatic, permits("tms-automatic")) == []
    manual = answering(flows={"ours": ("manual",)})
    only_people = permits("large-amounts-with-two-approvals")
    assert "by which that is automatic" in told(8, manual)[0]
    assert "rules that let a batch's receipt" in told(8, manual, only_people)[0]
    assert told(8, manual, without("policies", "batch-receipts", here=only_people)) == []


def test_8_batches_without_a_receipt() -> None:
    here = without("policies", "batch-receipts")
    assert told(8, here=here) == ["rules that let a batch's receipt be sealed: none"]


def test_8_who_triggers() -> None:
    assert told(8, answering(flows={"triggered_by": ("tms", "erp")})) == [
        f"the rules have no trigger of {_RECEIPT}: erp"
    ]
    by_post = msgspec.structs.replace(
        HERE.bundle.policies["receipts"].permit[0],
        id="by-hand",
        systems=frozenset(),
        posts=frozenset({"east-head"}),
    )
    rules = (*HERE.bundle.policies["receipts"].permit, by_post)
    here = changed("policies", "receipts", permit=rules)
    assert told(8, here=here) == [f"the rules have trigger of {_RECEIPT}: people"]
    both = answering(flows={"triggered_by": ("tms", "people")})
    assert told(8, both, here) == []


@pytest.mark.parametrize(
    ("answer", "rule"),
    [("automatic", "tms-automatic"), ("people", "large-amounts-with-two-approvals")],
)
def test_13_ways_that_only_one_side_knows_of(answer: str, rule: str) -> None:
    other = {"tms-automatic", "large-amounts-with-two-approvals"} - {rule}
    no = answering(own_signing={answer: False})
    here = permits(*other)
    assert f"rules that work so: receipts/{rule}" in told(13, no)
    assert "rules that work so: none" in told(13, here=here)
    assert told(13, no, here) == []


def test_13_a_written_authority_that_is_demanded_or_is_not() -> None:
    governance = HERE.bundle.governance
    assert governance is not None
    strict = objects(governance=msgspec.structs.replace(governance, automatic_sealing="granted"))
    wanted = answering(own_signing={"written_authority": True})
    assert "`automaticSealing` is free, or not said" in told(13, wanted)
    assert "`automaticSealing` is granted" in told(13, here=strict)
    # Then the east's own seal needs a grant as well, and there is none.
    assert told(13, wanted, strict) == ["no grant (授权书) that is in force lets it"]


def test_13_without_governance_nobody_needs_a_grant() -> None:
    here = without("grants", "south-receipts", here=objects(governance=None))
    assert told(13, here=here) == []


def test_13_a_system_without_the_grant_that_it_needs() -> None:
    found = told(13, here=without("grants", "south-receipts"))
    assert found == ["no grant (授权书) that is in force lets it"]


def test_13_approvers_who_are_not_there_or_have_no_key() -> None:
    keyless = changed("persons", "he-ping", keys=())
    assert (
        "it takes 2 of seal-approver; with a key there are: qian-wei" in told(13, here=keyless)[0]
    )


@pytest.mark.parametrize("way", ["oidc", "saml", "cas", "portal-link"])
def test_13_ways_to_sign_in_that_are_not_built(way: str) -> None:
    assert "key of their own" in told(13, answering(own_signing={"sign_in": way}))[0]


def test_14_drawing_needs_somebody_who_can_draw() -> None:
    row = Handwriting(document_type=_RECEIPT, drawing="required")
    required = answering(handwriting=(row,))
    assert "no bridge.persons_root" in told(14, required)[0]
    assert told(14, required, bridged()) == []
    assert told(14, answering(handwriting=(row.model_copy(update={"drawing": "free"}),))) == []


def test_14_recognition_is_not_built() -> None:
    row = Handwriting(document_type=_RECEIPT, drawing="free", recognition=True)
    assert "nobody here compares handwriting" in told(14, answering(handwriting=(row,)))[0]


def test_14_persons_who_can_sign_and_no_answer() -> None:
    assert "persons can sign" in told(14, here=bridged())[0]
    assert told(14, here=bridged(persons=False)) == []
