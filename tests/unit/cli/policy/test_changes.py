"""`sealgate policy diff`, `simulate` and `explain RECORD`, on an installation that has sealed."""

import asyncio
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.client import GatewayRefusedError
from tests.running_gateway import RunningGateway, copy_of
from tests.unit.cli.conftest import CommandLine, rewrite


@pytest.fixture(scope="module")
def used(trial_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    """An installation that sealed three receipts, refused one, and still runs."""
    running = RunningGateway(copy_of(trial_template, tmp_path_factory.mktemp("used") / "var"))
    running.start()
    for cents in (100, 200, 400_000):
        asyncio.run(running.seal(attributes={"amount_cents": cents}))
    with pytest.raises(GatewayRefusedError):
        asyncio.run(running.seal(attributes={"amount_cents": 60_000_000}))
    yield CommandLine(running.trial)
    running.stop()


@pytest.fixture
def changed(used: CommandLine, tmp_path: Path) -> Path:
    """A copy of the officers' directory, in which amounts above 300,000 cents are refused."""
    copy = tmp_path / "policies"
    shutil.copytree(used.trial.policies, copy)
    rewrite(copy / "receipts.yaml", "amount_cents <= 5000000", "amount_cents <= 300000")
    return copy


def told(result: Any) -> Any:  # noqa: ANN401 - JSON
    return json.loads(result.stdout)


def test_a_difference_names_who_where_and_what(used: CommandLine, changed: Path) -> None:
    result = used("policy", "diff", used.trial.policies, changed, "--json")
    assert result.exit_code == 1, result.output
    difference = told(result)["difference"]
    (change,) = difference["changes"]
    assert (change["kind"], change["principals"]) == ("changed", ["tms"])
    assert change["seals"] == ["receipt-east", "receipt-south"]
    assert "5000000" in change["before"][0]["when"]
    assert "300000" in change["after"][0]["when"]
    assert difference["objects"] == [
        {"objects": "policies", "name": "receipts", "change": "changed"}
    ]
    words = used("policy", "diff", used.trial.policies, changed).stdout
    assert "changed: tms\n  on receipt-east, receipt-south for logistics-receipt\n" in words
    assert "  - permit receipts/tms-automatic; when " in words


def test_no_difference_is_said_and_is_the_exit_code(used: CommandLine) -> None:
    result = used("policy", "diff", used.trial.policies, used.trial.policies)
    assert result.exit_code == 0
    assert result.stdout == "nobody gains or loses anything\n"


def test_a_simulation_beside_a_gateway_that_runs(used: CommandLine, changed: Path) -> None:
    result = used("policy", "simulate", changed, "--since", "1h", "--json")
    assert result.exit_code == 1, result.output
    simulation = told(result)["simulation"]
    assert (simulation["total"], simulation["same"], simulation["undecidable"]) == (4, 3, [])
    (denied,) = simulation["changed"]
    assert (denied["before"], denied["after"], denied["count"]) == ("allowed", "denied", 1)
    assert "1 allowed would be denied" in used("policy", "simulate", changed).stdout
    assert used("policy", "simulate", used.trial.policies).exit_code == 0


def test_a_stretch_without_decisions_has_none(used: CommandLine, changed: Path) -> None:
    result = used("policy", "simulate", changed, "--since", "2h", "--until", "1h", "--json")
    assert (result.exit_code, told(result)["simulation"]["total"]) == (0, 0)


@pytest.mark.parametrize(
    "since",
    [
        "yesterday",
        "30",
        "0d",
        "2026-11-22T00:00:00",
        "99999999999d",
        "9999999d",
        "0001-01-01T00:00:00+14:00",
    ],
)
def test_a_moment_that_is_none_is_refused(used: CommandLine, changed: Path, since: str) -> None:
    assert used("policy", "simulate", changed, "--since", since).exit_code == 2


def test_a_recorded_decision_beside_what_the_policies_say_of_it_now(
    used: CommandLine, changed: Path
) -> None:
    (first, *_) = told(used("policy", "simulate", changed, "--json"))["simulation"]["changed"]
    record = first["examples"][0]["record"]
    result = used("policy", "explain", str(record), "-d", changed, "--json")
    assert result.exit_code == 0, result.output
    (decision,) = told(result)["decisions"]
    assert decision["verdict"] == "allowed"
    assert decision["request"]["attributes"] == {"amount_cents": 400_000}
    assert decision["facts"]["pages"] == 1
    assert decision["today"]["type"] == "denied"
    assert {each["rule"] for each in decision["findings"]} >= {"receipts/tms-automatic"}
    words = used("policy", "explain", str(record)).stdout
    assert f"record {record}, " in words
    assert "tms asks for receipt-east on logistics-receipt" in words


def test_a_record_that_is_no_decision_cannot_be_told(used: CommandLine) -> None:
    result = used("policy", "explain", "0")
    assert result.exit_code == 2
    assert "no decision is kept of this record" in result.stdout


def test_a_record_and_a_request_are_not_both_explained(used: CommandLine) -> None:
    result = used("policy", "explain", "0", "--system", "tms")
    assert result.exit_code == 2
    assert "not both" in result.stderr


def test_an_installation_that_decided_nothing_says_so(sealgate: CommandLine, changed: Path) -> None:
    shutil.rmtree(sealgate.config.state_directory)
    result = sealgate("policy", "simulate", changed)
    assert result.exit_code == 2
    assert "nothing was decided yet" in result.stderr


def test_the_same_question_is_answered_for_files_with_mistakes(
    used: CommandLine, changed: Path
) -> None:
    rewrite(changed / "receipts.yaml", "kind: SealPolicy", "kind: SealPolice")
    for command in (("diff", used.trial.policies, changed), ("simulate", changed)):
        result = used("policy", *command)
        assert result.exit_code == 2
        assert "SealPolice" in result.stderr
