"""`policy explain` imagines a request as a policy's own tests do."""

from datetime import UTC, datetime

import pytest

from gateway.desk.answering import explained
from gateway.desk.imagining import ImaginedRequestError, imagine
from gateway.desk.reports import ExplainReport
from policies.bundle import Bundle
from policies.kinds.selftests import TestRequestSpec
from policies.loader import load_bundle
from policies.reading.imagining import Imagined
from strictyaml import load
from tests.unit.policies.group_world import changed

NOW = datetime(2026, 6, 1, 4, tzinfo=UTC)
DOC = "documentType: receipt, doc: {attributes: {amount_cents: 1, consignee: 甲}}"


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    busy = "    - {id: busy, when: used.seal_day >= 7 || seal.certificate_days < 30}\n"
    return load_bundle(changed("companies/east/all.yaml", "  forbid:\n", f"  forbid:\n{busy}"))


def imagined(bundle: Bundle, request: str) -> Imagined:
    text = f"{{{request}, seal: receipt-east, {DOC}}}"
    spec = load(text, file="request", model=TestRequestSpec).value
    return imagine(spec, bundle, now=NOW)


def explain(bundle: Bundle, request: str) -> ExplainReport:
    return explained(bundle, imagined(bundle, request))


def test_nothing_was_used_and_the_certificate_is_valid_unless_the_request_says_otherwise(
    bundle: Bundle,
) -> None:
    assert explain(bundle, "system: tms").verdict == "allowed"
    busy = explain(bundle, "system: tms, used: {seal_day: 7}")
    assert [reason.rule for reason in busy.decision.reasons] == ["receipts-east/busy"]


def test_a_system_asks_with_its_business_line(bundle: Bundle) -> None:
    assert imagined(bundle, "system: tms").request.caller.line == "logistics"


def test_a_person_asks_in_the_posts_of_that_moment(bundle: Bundle) -> None:
    assert explain(bundle, "person: zhao-min").verdict == "needs-approval"
    later = explain(bundle, 'person: zhao-min, at: "2026-07-01T00:00:00+08:00"')
    assert later.verdict == "denied"


def test_those_who_are_named_have_approved_in_the_roles_of_that_moment(bundle: Bundle) -> None:
    (approval,) = imagined(bundle, "system: tms, approvedBy: [zhao-min]").known.approvals
    assert (approval.subject, approval.roles) == ("zhao-min", {"clerk"})


@pytest.mark.parametrize(
    ("request_text", "told"),
    [
        ("person: zhao-mi", "no Person is called zhao-mi; did you mean zhao-min?"),
        ("system: tms, approvedBy: [nobody-known]", "there are: li-na, wang-qiang, zhao-min"),
        ("at: 2026-01-01T10:00:00", "say system"),
    ],
)
def test_who_is_not_there_asks_and_approves_nothing(
    bundle: Bundle, request_text: str, told: str
) -> None:
    with pytest.raises(ImaginedRequestError, match=told):
        explain(bundle, request_text)
