"""Questions 9 to 12: each agrees, and each difference is told."""

import pytest
from pydantic import ValidationError

from gateway.cli.onboarding.answers_outside import Identity
from gateway.config import MaintenanceConfig
from tests.unit.cli.onboarding.answered import (
    WEBHOOK,
    answering,
    bridged,
    configured,
    declaring,
    told,
)

_PERSONS = Identity(document_type="contract", who="persons", level="identity", methods=("code",))
_COMPANIES = Identity(
    document_type="contract", who="companies", level="organisation", methods=("certificate",)
)


def test_9_companies_need_a_bridge_and_roots_to_be_believed() -> None:
    companies = answering(partners={"companies": True})
    assert told(9, companies) == ["there is no section `bridge`"]
    assert "has no certificate" in told(9, companies, bridged(persons=False, roots=0))[0]
    assert told(9, companies, bridged(persons=False)) == []


@pytest.mark.parametrize("contacts", ["known", "unknown"])
def test_9_persons_need_a_root_of_the_networks(contacts: str) -> None:
    persons = answering(partners={"persons": contacts})
    assert told(9, persons) == ["there is no bridge.persons_root"]
    assert told(9, persons, bridged()) == []


def test_9_ways_out_that_nobody_asked_for() -> None:
    found = told(9, here=bridged())
    assert "what persons sign is believed" in found[0]
    assert "a way out of the house" in found[1]


def test_9_a_portal_is_a_system_of_the_policies() -> None:
    assert "no such system; there are tms" in told(9, answering(partners={"portal": "crm"}))[0]
    assert told(9, answering(partners={"portal": "tms"})) == []


@pytest.mark.parametrize(
    ("row", "missing"), [(_PERSONS, "persons_root"), (_COMPANIES, "trusted_roots")]
)
def test_10_whoever_is_to_be_known_must_be_able_to_be(row: Identity, missing: str) -> None:
    assert missing in told(10, answering(identity=(row,)))[0]
    assert told(10, answering(identity=(_PERSONS, _COMPANIES)), bridged()) == []


@pytest.mark.parametrize("method", ["face", "bank-card", "mobile-operator", "bank-transfer"])
def test_10_methods_that_are_not_built(method: str) -> None:
    row = _PERSONS.model_copy(update={"methods": (method,)})
    found = told(10, answering(identity=(row, _COMPANIES)), bridged())
    assert f"{method} is not built" in found[0]


def test_10_a_person_is_no_organisation() -> None:
    with pytest.raises(ValidationError, match="identity` at the most"):
        Identity(document_type="contract", who="persons", level="organisation")


def test_10_those_who_can_sign_without_an_answer() -> None:
    assert told(10, here=bridged()) == [
        "persons can sign: the bridge is set up for them",
        "companies can sign: the bridge is set up for them",
    ]


def test_11_nobody_unverified_may_sign_where_all_are_verified_before() -> None:
    before = {"persons": True, "companies": True}
    loose = _PERSONS.model_copy(update={"level": "contact"})
    answers = answering(identity=(loose, _COMPANIES), verified_before=before)
    assert "an unverified person could sign contract" in told(11, answers, bridged())[0]
    strict = answering(identity=(_PERSONS, _COMPANIES), verified_before=before)
    assert told(11, strict, bridged()) == []
    assert len(told(11, strict)) == 2


def test_11_who_asks_for_identity_has_persons_verified_before() -> None:
    before = {"persons": False, "companies": True}
    answers = answering(identity=(_PERSONS, _COMPANIES), verified_before=before)
    assert "whoever the operator has not verified cannot sign" in told(11, answers, bridged())[0]


def test_11_companies_are_entered_before_whatever_is_wanted() -> None:
    assert "before its operator has entered it" in told(11, here=bridged())[0]


@pytest.mark.parametrize("channel", ["sms", "email"])
def test_12_persons_are_told_by_the_network(channel: str) -> None:
    answers = answering(notifications={"channels": (channel,)})
    assert "no way to it" in told(12, answers)[0]
    assert told(12, answers, bridged()) == []
    assert "writes to them" in told(12, here=bridged())[0]


@pytest.mark.parametrize("channel", ["app", "mini-program", "system"])
def test_12_systems_of_ours_are_told_by_webhooks(channel: str) -> None:
    answers = answering(notifications={"channels": (channel,)})
    assert "no Webhook is declared" in told(12, answers)[0]
    assert told(12, answers, declaring(WEBHOOK)) == []
    assert told(12, here=declaring(WEBHOOK)) == ["events leave by the webhooks to-tms"]


def test_12_quiet_hours_are_windows_in_which_nothing_is_delivered() -> None:
    answers = answering(notifications={"quiet": {"starts": "22:00", "ends": "07:00"}})
    window = MaintenanceConfig(name="quiet", kinds=("deliver",), starts="22:00", ends="07:00")
    here = configured(jobs={"maintenance": (window,)})
    assert told(12, answers) == ["daily windows of jobs.maintenance with `deliver`: none"]
    assert told(12, here=here) == [
        "daily windows of jobs.maintenance with `deliver`: 22:00 to 07:00"
    ]
    assert told(12, answers, here) == []
