"""The file itself: 17 questions in two languages, read strictly, and one that is complete."""

import json
from pathlib import Path

import pytest

from gateway.cli.onboarding import capacity
from gateway.cli.onboarding.answers import Answers, load_answers
from gateway.cli.onboarding.comparing import gaps_of
from gateway.cli.onboarding.questions import QUESTIONS, Question
from strictyaml import MistakesError
from tests.unit.cli.onboarding.answered import ANSWERS, EXAMPLE_FILE, HERE, ROOT, answering

_EXAMPLE = EXAMPLE_FILE.read_text(encoding="utf-8")


def test_there_are_17_questions_each_with_a_place_for_its_answer() -> None:
    assert [question.number for question in QUESTIONS] == list(range(1, 18))
    assert [question.key for question in QUESTIONS] == list(Answers.model_fields)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda each: each.key)
def test_the_example_asks_in_both_languages_and_answers(question: Question) -> None:
    asked = f"# {question.number}. {question.english}\n#"
    assert asked in _EXAMPLE
    below = _EXAMPLE.partition(asked)[2]
    assert below.split("\n")[0].strip() == question.chinese
    assert f"\n{question.key}:" in below
    assert getattr(ANSWERS, question.key) is not None


def test_the_example_has_no_gap_on_a_trial_installation() -> None:
    assert list(gaps_of(ANSWERS, HERE)) == []


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda each: each.key)
def test_a_question_that_is_not_answered_is_a_gap(question: Question) -> None:
    gaps = [
        gap
        for gap in gaps_of(answering(**{question.key: None}), HERE)
        if gap.question == question.number
    ]
    assert [(gap.answer, gap.owner) for gap in gaps] == [(None, question.owner)]
    assert gaps[0].asked_in_chinese == question.chinese


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ("partners:\n  companies: false", "partners:\n  company: false", "companies"),
        ("phase: 1", "phase: '1'", "phase"),
        ("busiest_day: 1000", "busiest_day: 1000000", "a day has no more documents"),
        ("keep: for-good}", "keep: years}", "go together"),
        ("approval: here}", "approval: oa}", "name the OA system"),
        ("handwriting: []", "handwritting: []", "handwriting"),
    ],
)
def test_the_file_is_read_strictly(old: str, new: str, mistake: str, tmp_path: Path) -> None:
    assert old in _EXAMPLE
    file = tmp_path / "onboarding.yaml"
    file.write_text(_EXAMPLE.replace(old, new), encoding="utf-8")
    with pytest.raises(MistakesError, match=mistake):
        load_answers(file)


def test_a_key_without_a_value_is_no_answer(tmp_path: Path) -> None:
    file = tmp_path / "onboarding.yaml"
    file.write_text("identity:\nhandwriting: []\n", encoding="utf-8")
    answers = load_answers(file)
    assert answers.identity is None
    assert answers.handwriting == ()


def test_what_a_core_bears_was_measured() -> None:
    measured = json.loads((ROOT / "bench" / "results" / "latest.json").read_text())
    cores = measured["machine"]["cores"]
    full_load = measured["rsa2048_1_page"]["gateway_per_s"] / cores
    assert 0.8 * full_load < capacity.PER_CORE_AND_SECOND < full_load


@pytest.mark.parametrize("page", ["sizing.md", "sizing.zh-CN.md"])
def test_the_page_on_sizing_reckons_with_the_same_figures(page: str) -> None:
    text = (ROOT / "docs" / "operations" / page).read_text(encoding="utf-8")
    for figure in (
        f"| `PER_CORE_AND_SECOND` | {capacity.PER_CORE_AND_SECOND} |",
        f"| `HEADROOM` | {capacity.HEADROOM} |",
        f"| `PEAK` | {capacity.PEAK:g} |",
        f"| `DATABASE_BYTES` | {capacity.DATABASE_BYTES:,} |",
        f"| `ADDED_BYTES` | {capacity.ADDED_BYTES:,} |",
    ):
        assert figure in text
