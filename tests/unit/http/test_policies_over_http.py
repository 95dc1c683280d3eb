"""Seeing before doing over HTTP: the command line's answers, from a process that sees no more."""

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from typer.testing import CliRunner

from gateway.bundles.reading import peek
from gateway.cli.app import app
from gateway.client import RequestSigner
from gateway.desk.asking import MODULE, Desk
from gateway.history.keeping import DecisionHistory
from gateway.http.policies import PolicyQuestions
from gateway.store.engines.database import SQLiteFile
from policies.powers import Power
from processes.child import Child, start_child
from tests.sealed_bundles import Group
from tests.signing_house import House, signing_house
from tests.unit.http.test_routes import KEY, ORIGIN, api_of, with_powers


@dataclass
class Asking:
    """Questions to a house whose one system is an auditor."""

    house: House
    started: list[Child]
    desk: Desk

    def policies(self) -> dict[str, str]:
        file = self.house.directory / "policies" / "all.yaml"
        return {"all.yaml": file.read_text(encoding="utf-8")}

    async def __call__(
        self, question: str, body: dict[str, Any], *, power: Power = "auditor"
    ) -> tuple[int, dict[str, Any]]:
        """Status and JSON of the answer."""
        routes = PolicyQuestions(self.desk, clock=self.house.clock).routes()
        api = api_of(self.house, with_powers(self.house, power), *routes)
        path = f"/v1/policies/{question}"
        data = json.dumps(body, ensure_ascii=False).encode()
        signer = RequestSigner(key_id="key", key=KEY, clock=self.house.clock)
        headers = signer.sign("POST", f"{ORIGIN}{path}", {"Content-Type": "application/json"}, data)
        async with (
            TestClient(TestServer(api.application())) as client,
            client.post(path, data=data, headers=headers) as answer,
        ):
            return answer.status, await answer.json()


@pytest.fixture
async def ask(tmp_path: Path) -> AsyncIterator[Asking]:
    """A house that sealed one receipt."""
    started: list[Child] = []

    def start() -> Child:
        started.append(start_child(MODULE))
        return started[-1]

    async with signing_house(tmp_path, history=DecisionHistory()) as house:
        await house.seal()
        desk = Desk(
            policies=lambda: house.directory / "policies",
            database=SQLiteFile(str(house.directory / "test.sqlite")),
            start=start,
        )
        yield Asking(house, started, desk)


def by_command(*arguments: str | Path) -> Any:  # noqa: ANN401 - JSON
    return json.loads(CliRunner().invoke(app, [*map(str, arguments), "--json"]).stdout)


async def test_a_difference_is_what_the_command_line_tells(ask: Asking, tmp_path: Path) -> None:
    changed = {
        name: text.replace("perHour: 3}", "perHour: 9}") for name, text in ask.policies().items()
    }
    status, report = await ask("diff", {"new": changed})
    assert status == 200, report
    other = tmp_path / "other"
    other.mkdir()
    (other / "all.yaml").write_text(changed["all.yaml"], encoding="utf-8")
    assert report == by_command("policy", "diff", ask.house.directory / "policies", other)
    (change,) = report["difference"]["changes"]
    assert (change["principals"], change["seals"]) == (["tms"], ["receipt-east"])


async def test_a_check_is_what_the_command_line_tells_but_for_files_that_stay_away(
    ask: Asking,
) -> None:
    status, report = await ask("check", {})
    assert status == 200, report
    told = by_command("policy", "check", ask.house.directory / "policies")
    assert {**report, "unchecked": []} == {**told, "unchecked": []}
    assert "certificates and pictures were not looked at" in report["unchecked"][0]


async def test_a_bundle_file_is_looked_at_like_texts(ask: Asking) -> None:
    group = Group()
    data = group.published()
    bundle = base64.b64encode(data).decode()
    status, report = await ask("diff", {"old": bundle, "new": {"all.yaml": group.source}})
    assert (status, report["old"]) == (200, peek(data).content)
    status, report = await ask("test", {"sources": bundle})
    assert (status, [each["test"] for each in report["tests"]]) == (200, ["a receipt"])
    status, problem = await ask("diff", {"new": base64.b64encode(b"no bundle").decode()})
    assert (status, problem["type"]) == (422, "urn:sealgate:problem:question-refused")


async def test_what_cannot_follow_the_policies_in_force_is_a_mistake_where_that_is_asked(
    ask: Asking,
) -> None:
    retired = {
        name: text.replace("state: active", "state: retired", 1)
        for name, text in ask.policies().items()
    }
    _, alone = await ask("check", {"sources": retired})
    assert alone["mistakes"] == []
    status, report = await ask("check", {"sources": retired, "follows": True})
    assert (status, report["ok"]) == (200, False)
    (mistake,) = report["mistakes"]
    assert "cannot become retired" in mistake["message"]


async def test_mistakes_are_the_answer_of_a_check_and_a_problem_for_all_else(ask: Asking) -> None:
    broken = {"a.yaml": "apiVersion: sealgate/v1\nkind: Compani\nmetadata: {name: a}\n"}
    status, report = await ask("check", {"sources": broken})
    assert (status, report["ok"]) == (200, False)
    assert (report["mistakes"][0]["file"], report["mistakes"][0]["line"]) == ("a.yaml", 2)
    status, tests = await ask("test", {"sources": broken})
    assert (status, tests["mistakes"]) == (200, report["mistakes"])
    status, problem = await ask("diff", {"new": broken})
    assert (status, problem["type"]) == (422, "urn:sealgate:problem:policies-mistaken")
    assert "a.yaml:2" in problem["detail"]


async def test_the_past_is_simulated_and_explained_beside_the_gateway(ask: Asking) -> None:
    nothing = {"a.yaml": ask.policies()["all.yaml"].replace("systems: [tms]", "companies: [east]")}
    status, report = await ask("simulate", {"new": nothing, "until": "2026-11-23T00:00:00Z"})
    assert status == 200, report
    assert (report["simulation"]["total"], report["simulation"]["same"]) == (1, 1)
    frozen = {"a.yaml": nothing["a.yaml"].replace("state: active", "state: frozen")}
    _, report = await ask("simulate", {"new": frozen, "until": "2026-11-23T00:00:00Z"})
    (changed,) = report["simulation"]["changed"]
    assert (changed["before"], changed["after"], changed["rulesAfter"]) == (
        "allowed",
        "denied",
        ["seal-frozen"],
    )
    status, told = await ask("explain", {"record": changed["examples"][0]["record"]})
    assert status == 200, told
    assert told["decisions"][0]["verdict"] == "allowed"
    assert told["decisions"][0]["today"]["type"] == "allowed"


@pytest.mark.parametrize(
    ("question", "body", "why"),
    [
        ("simulate", {"since": "0001-01-01T00:00:00+14:00"}, "beyond the calendar"),
        ("simulate", {"until": "0001-01-02T00:00:00Z"}, "decided nothing before 1970"),
        ("simulate", {"until": "9999-12-31T23:59:59-14:00"}, "beyond the calendar"),
        ("explain", {"record": 2**70}, "record"),
        ("explain", {"record": 2**63}, "record"),
        ("explain", {"record": -1}, "record"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
async def test_moments_and_records_beyond_all_bounds_are_malformed(
    question: str, body: dict[str, Any], why: str, ask: Asking
) -> None:
    new = {"new": ask.policies()} if question == "simulate" else {}
    status, problem = await ask(question, {**new, **body})
    assert (status, problem["type"]) == (400, "urn:sealgate:problem:request-malformed"), problem
    assert why in problem["detail"]
    assert ask.started == []


async def test_the_largest_record_of_all_is_only_not_there(ask: Asking) -> None:
    status, told = await ask("explain", {"record": 2**63 - 1})
    assert (status, told["decisions"]) == (200, [])


async def test_an_imagined_request_is_explained(ask: Asking) -> None:
    request = {
        "system": "tms",
        "seal": "company-east",
        "documentType": "receipt",
        "doc": {"pages": 9},
    }
    status, report = await ask("explain", {"request": request})
    assert (status, report["verdict"]) == (200, "denied")
    assert "doc.pages" in report["nearest"]["message"]
    status, problem = await ask("explain", {"request": {"system": "tms"}})
    assert (status, problem["type"]) == (422, "urn:sealgate:problem:question-refused")


@pytest.mark.parametrize(
    ("question", "body"),
    [
        ("explain", {}),
        ("explain", {"record": 1, "request": {}}),
        ("diff", {"old": {"a": "b"}}),
        ("simulate", {"new": {}}),
        ("simulate", {"new": {"a": ""}, "since": "2026-11-22T00:00:00"}),
        ("check", {"sourcse": {}}),
    ],
)
async def test_what_is_not_asked_properly_is_no_question(
    ask: Asking, question: str, body: dict[str, Any]
) -> None:
    status, problem = await ask(question, body)
    assert (status, problem["type"]) == (400, "urn:sealgate:problem:request-malformed")
    assert ask.started == []


@pytest.mark.parametrize("power", ["seal-user", "system-administrator"])
async def test_only_those_who_may_look_are_answered(ask: Asking, power: Power) -> None:
    status, problem = await ask("check", {}, power=power)
    assert (status, problem["type"]) == (403, "urn:sealgate:problem:not-yours")
    assert ask.started == []


async def test_every_question_has_a_process_of_its_own_that_is_gone_afterwards(
    ask: Asking,
) -> None:
    await ask("test", {})
    await ask("test", {}, power="seal-manager")
    assert len(ask.started) == 2
    assert all(child.process.poll() is not None for child in ask.started)


async def test_a_question_that_takes_too_long_is_ended(ask: Asking) -> None:
    house = ask.house
    ask.desk = Desk(
        policies=lambda: house.directory,
        database=SQLiteFile(str(house.directory / "test.sqlite")),
        deadline_seconds=0.01,
    )
    status, problem = await ask("check", {})
    assert (status, problem["type"]) == (503, "urn:sealgate:problem:question-too-demanding")
