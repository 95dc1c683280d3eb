"""`sealgate onboarding check` on the command line: words, JSON, exit codes."""

import json
from pathlib import Path

import pytest

from tests.unit.cli.conftest import CommandLine, rewrite
from tests.unit.cli.onboarding.answered import EXAMPLE_FILE


@pytest.fixture
def answered(sealgate: CommandLine) -> Path:
    """The example, beside the trial's config.yaml."""
    file = sealgate.trial.config_file.parent / "onboarding.yaml"
    file.write_text(EXAMPLE_FILE.read_text(encoding="utf-8"), encoding="utf-8")
    # The trial's disk is whatever the machine has.
    rewrite(file, "disk_years: 2", "disk_years: 0.001")
    return file


def test_a_trial_that_is_as_the_example_says_has_no_gaps(
    sealgate: CommandLine, answered: Path
) -> None:
    result = sealgate("onboarding", "check")
    assert result.exit_code == 0, result.output
    assert "0 gaps, 17 of 17 questions without one" in result.stdout
    named = sealgate("onboarding", "check", answered)
    assert named.stdout == result.stdout


def test_before_the_first_start_the_bundle_that_lies_there_is_compared(
    signed: CommandLine, tmp_path: Path
) -> None:
    file = tmp_path / "onboarding.yaml"
    text = EXAMPLE_FILE.read_text(encoding="utf-8")
    file.write_text(text.replace("disk_years: 2", "disk_years: 0.001"), encoding="utf-8")
    result = signed("onboarding", "check", file)
    assert result.exit_code == 0, result.output


def test_a_gap_is_told_with_question_answer_configuration_owner_and_cure(
    sealgate: CommandLine, answered: Path
) -> None:
    rewrite(answered, "largest_megabytes: 20", "largest_megabytes: 80")
    result = sealgate("onboarding", "check")
    assert result.exit_code == 1
    words = " ".join(result.stdout.split())
    assert "4. How many documents a year" in words
    assert "最大的文件多大" in words
    assert "answer the largest document: 80,000,000" in words
    assert "found http.max_document_bytes is 52,428,800" in words
    assert "-> IT: Raise http.max_document_bytes to 80,000,000 or more." in words
    assert "1 gaps, 16 of 17 questions without one" in words


def test_the_same_as_json(sealgate: CommandLine, answered: Path) -> None:
    rewrite(answered, "handwriting: []", "")
    result = sealgate("onboarding", "check", "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert told["ok"] is False
    (gap,) = told["gaps"]
    assert (gap["question"], gap["key"], gap["answer"]) == (14, "handwriting", None)
    assert gap["askedInChinese"].startswith("手写签名")
    assert gap["owner"] == "business"
    assert told["policies"].startswith("sha256:")


def test_a_file_with_mistakes_is_no_answer(sealgate: CommandLine, answered: Path) -> None:
    rewrite(answered, "handwriting: []", "handwritting: []")
    result = sealgate("onboarding", "check")
    assert result.exit_code == 2
    assert "did you mean `handwriting`?" in " ".join(result.stderr.split())


def test_without_a_file_it_says_where_to_get_one(sealgate: CommandLine) -> None:
    result = sealgate("onboarding", "check")
    assert result.exit_code == 2
    assert "onboarding.example.yaml" in result.stderr
