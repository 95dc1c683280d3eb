"""Questions 1 to 4: each agrees, and each difference is told."""

from dataclasses import replace
from datetime import date

import pytest

from gateway.cli.onboarding.answers_inside import Scenario
from policies.intake import Intake
from policies.objects.documents import Retention
from tests.unit.cli.onboarding.answered import (
    ANSWERS,
    HERE,
    answering,
    changed,
    configured,
    permits,
    told,
    without,
)

_RECEIPT = "logistics-receipt"


def test_1_a_goal_without_a_figure_from_before() -> None:
    assert ANSWERS.goals is not None
    first, second = ANSWERS.goals.wanted
    answers = answering(goals={"wanted": (first.model_copy(update={"before": None}), second)})
    assert "no figure from before" in told(1, answers)[0]


def test_1_decisions_that_are_gone_at_the_review() -> None:
    answers = answering(goals={"review_after_days": 180})
    assert "policies.history_days is 90" in told(1, answers)[0]
    assert told(1, answers, configured(policies={"history_days": 180})) == []
    assert ANSWERS.goals is not None
    by_usage = ANSWERS.goals.wanted[:1]
    assert told(1, answering(goals={"review_after_days": 180, "wanted": by_usage})) == []


def test_2_what_should_be_live_and_no_rule_permits() -> None:
    found = told(2, here=permits())
    assert len(found) == 2
    assert "no policy permits" in found[0]


def test_2_what_is_not_live_yet_and_a_rule_permits() -> None:
    later = answering(scenarios={"go_live": date(2027, 1, 1)})
    assert "permits it today" in told(2, later)[0]
    assert told(2, later, permits()) == []


def test_2_of_two_scenarios_the_earlier_counts() -> None:
    assert ANSWERS.scenarios is not None
    second = Scenario(
        name="receipts-by-queue",
        phase=2,
        go_live=date(2027, 1, 1),
        companies=("east",),
        document_types=(_RECEIPT,),
    )
    assert told(2, answering(scenarios=(*ANSWERS.scenarios, second))) == []


def test_2_what_no_scenario_has_and_a_rule_permits() -> None:
    answers = answering(scenarios={"companies": ("east",)})
    assert "permits it" in told(2, answers)[0]


def test_2_a_seal_that_is_not_active_does_not_count() -> None:
    here = changed("seals", "receipt-south", state="frozen", frozen_reason="lost")
    assert "no policy permits" in told(2, here=here)[0]


def test_3_types_that_one_side_does_not_have() -> None:
    assert ANSWERS.document_types is not None
    more = ANSWERS.document_types[0].model_copy(update={"name": "contract"})
    answers = answering(document_types=(*ANSWERS.document_types, more))
    assert told(3, answers) == ["the policies have no document type contract"]
    assert told(3, answering(document_types=())) == [f"the policies have document type {_RECEIPT}"]


@pytest.mark.parametrize(
    ("retention", "keep"),
    [
        (Retention(years=10), {"keep": "years", "years": 10}),
        (Retention(keep="digests"), {"keep": "digests"}),
    ],
    ids=["years", "digests"],
)
def test_3_how_long_content_is_kept(retention: Retention, keep: dict[str, object]) -> None:
    here = changed("document_types", _RECEIPT, retention=retention)
    assert "its `retention` says" in told(3, here=here)[0]
    assert told(3, answering(document_types=keep), here) == []


@pytest.mark.parametrize(
    ("volume", "found", "cured"),
    [
        (
            {"largest_megabytes": 80.0},
            "http.max_document_bytes is 52,428,800",
            {"http": {"max_document_bytes": 100_000_000}},
        ),
        (
            {"at_once": 2_000_000},
            "jobs.most_open_items_of_a_system is 1,000,000",
            {"jobs": {"most_open_items_of_a_system": 2_000_000}},
        ),
        (
            {"at_once": 1_000_000, "mean_kilobytes": 200.0, "disk_years": 0.1},
            "jobs.most_open_bytes_of_a_system is 107,374,182,400",
            {"jobs": {"most_open_bytes_of_a_system": 200_000_000_000}},
        ),
    ],
    ids=["size", "number", "bytes"],
)
def test_4_limits_that_are_too_low(
    volume: dict[str, object], found: str, cured: dict[str, dict[str, int]]
) -> None:
    answers = answering(volumes=volume)
    assert told(4, answers) == [found]
    assert told(4, answers, configured(**cured)) == []


def test_4_more_than_the_cores_bear() -> None:
    # 10 million in 8 hours are 347 a second on the average, 1,042 at the peak.
    answers = answering(
        volumes={
            "busiest_day": 10_000_000,
            "busiest_month": 10_000_000,
            "per_year": 10_000_000,
            "hsm_per_second": 5000.0,
            "disk_years": 0.1,
        }
    )
    assert told(4, answers) == ["1 nodes with 2 cores are planned for 200/s"]
    assert told(4, answers, replace(HERE, cores=12)) == []


def test_4_more_than_the_hsm_signs() -> None:
    answers = answering(volumes={"hsm_per_second": 0.05})
    assert told(4, answers) == ["the HSM signs 0.1 times a second"]


def test_4_several_nodes_need_a_database_for_several() -> None:
    answers = answering(volumes={"nodes": 3})
    assert "no store.url" in told(4, answers)[0]
    shared = configured(store={"url": "postgresql://sealgate@db/sealgate"})
    assert told(4, answers, shared) == []


def test_4_more_than_the_disk_holds() -> None:
    assert "1.0 GB are free" in told(4, here=replace(HERE, free_bytes=1_000_000_000))[0]


def test_4_attachments_that_intake_refuses_or_accepts() -> None:
    none = answering(volumes={"attachments": False})
    here = changed("document_types", _RECEIPT, intake=Intake(refuse=frozenset({"embedded-files"})))
    assert "accepts `embedded-files`" in told(4, none)[0]
    assert "every document type refuses" in told(4, here=here)[0]
    assert told(4, none, here) == []


def test_without_policies_everything_that_they_should_have_is_a_gap() -> None:
    empty = without("policies", *HERE.bundle.policies)
    assert told(2, here=empty)
    assert told(8, here=empty)
