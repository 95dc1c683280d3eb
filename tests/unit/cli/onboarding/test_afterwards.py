"""Questions 15 to 17: each agrees, and each difference is told."""

from datetime import date

from gateway.cli.onboarding.answers_outside import Return
from policies.objects.documents import Attribute, Retention
from policies.objects.group import BusinessLine
from tests.unit.cli.onboarding.answered import (
    ANSWERS,
    WEBHOOK,
    answering,
    changed,
    configured,
    declaring,
    objects,
    told,
)

_RECEIPT = "logistics-receipt"


def test_15_systems_that_one_side_does_not_have() -> None:
    assert ANSWERS.returns is not None
    erp = Return(system="erp", by=("answer",))
    answers = answering(returns={"systems": (*ANSWERS.returns.systems, erp)})
    assert told(15, answers) == ["the policies have no system erp"]
    assert told(15, answering(returns={"systems": (erp,)}))[-1] == "the policies have system tms"


def test_15_ways_back_that_one_side_does_not_have() -> None:
    webhook = Return(system="tms", by=("answer", "connector", "webhook"))
    answers = answering(returns={"systems": (webhook,)})
    assert told(15, answers) == ["keys and declarations have no way back for tms: webhook"]
    assert told(15, answers, declaring(WEBHOOK)) == []
    assert told(15, here=declaring(WEBHOOK)) == [
        "keys and declarations have way back for tms: webhook"
    ]
    keyless = changed("systems", "tms", keys=())
    assert told(15, here=keyless) == ["keys and declarations have no way back for tms: answer"]


def test_15_what_is_kept_here() -> None:
    away = answering(returns={"archive_here": False})
    digests = changed("document_types", _RECEIPT, retention=Retention(keep="digests"))
    assert told(15, away) == [f"the content is kept of {_RECEIPT}"]
    assert told(15, here=digests) == [f"only digests are kept of {_RECEIPT}"]
    assert told(15, away, digests) == []


def test_16_figures_that_nobody_counts() -> None:
    assert "not parties" in told(16, answering(reports={"by": ("parties",)}))[0]


def test_16_departments_need_a_line_or_an_attribute() -> None:
    answers = answering(reports={"by": ("department",)})
    assert "no business line for tms" in told(16, answers)[0]
    lines = objects(lines={"freight": BusinessLine(name="freight", title="货运")})
    assert told(16, answers, changed("systems", "tms", lines, line="freight")) == []
    department = {"department": Attribute(type="string")}
    assert told(16, answers, changed("document_types", _RECEIPT, attributes=department)) == []


def test_16_metrics_are_read_by_whom_they_are_for() -> None:
    elsewhere = answering(reports={"prometheus": "elsewhere"})
    open_ = configured(http={"host": "10.0.0.5"})
    assert told(16, elsewhere) == ["/metrics is at 127.0.0.1 only"]
    assert "without authentication" in told(16, here=open_)[0]
    assert told(16, elsewhere, open_) == []


def test_17_everybody_with_a_key_is_trained() -> None:
    answers = answering(rollout={"trained": ("li-na", "wang-qiang", "he-ping", "sun-yu")})
    assert told(17, answers) == [
        "the policies have no person with a key: sun-yu",
        "the policies have person with a key: qian-wei",
    ]


def test_17_each_scenario_has_a_step_before_it_goes_live() -> None:
    assert ANSWERS.rollout is not None
    late = ANSWERS.rollout.steps[0].model_copy(update={"by": date(2026, 2, 1)})
    assert told(17, answering(rollout={"steps": (late,)})) == [
        "it goes live on 2026-01-05 (question 2)"
    ]
    other = late.model_copy(update={"scenario": "contracts"})
    assert told(17, answering(rollout={"steps": (other,)})) == [
        "question 2's answers have no scenario contracts",
        "question 2's answers have scenario receipts",
    ]
