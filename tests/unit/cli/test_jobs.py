"""At three in the morning: what waits, what is dead, and why."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.cli import jobs as commands
from gateway.cli import reading
from gateway.cli.app import app
from gateway.store.engines.database import SQLiteFile
from tests.queue_house import new_job, open_queue_house

Sealgate = Callable[..., Result]


@pytest.fixture
def sealgate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sealgate:
    """The commands, on a database with five jobs, of which one is dead."""

    async def fill() -> None:
        async with open_queue_house(tmp_path) as house:
            await house.enqueue(*(new_job(f"batch-1/{number}") for number in range(4)))
            await house.enqueue(new_job("hook/1", kind="deliver", subject="收货系统"))
            await house.bury((await house.only()).lease)
            await house.claim()

    asyncio.run(fill())
    database = SQLiteFile(str(tmp_path / "test.sqlite"))
    monkeypatch.setattr(commands, "configuration", lambda _config: None)
    monkeypatch.setattr(reading, "database_of", lambda _installation: database)
    return lambda *words: CliRunner().invoke(app, ["jobs", *words])


def test_the_list_begins_with_how_many_there_are(sealgate: Sealgate) -> None:
    done = sealgate("list")
    assert done.exit_code == 0
    assert "1 deliver waiting, 1 seal dead, 1 seal leased, 2 seal waiting" in done.stdout
    assert "收货系统" in done.stdout


def test_dead_letters_are_told_with_their_reason(sealgate: Sealgate) -> None:
    told = json.loads(sealgate("list", "--state", "dead", "--json").stdout)
    (dead,) = told["jobs"]
    assert (dead["key"], dead["reason"], dead["attempt"]) == ("batch-1/0", "broken", 1)
    assert {"kind": "seal", "state": "dead", "jobs": 1} in told["counts"]


def test_jobs_are_found_by_what_they_belong_to(sealgate: Sealgate) -> None:
    told = json.loads(sealgate("list", "--subject", "收货系统", "--json").stdout)
    assert [job["key"] for job in told["jobs"]] == ["hook/1"]


def test_one_job_is_shown_whole(sealgate: Sealgate) -> None:
    done = sealgate("show", "1")
    assert done.exit_code == 0
    for word in ("batch-1/0", "east/erp", "dead", "broken"):
        assert word in done.stdout


def test_what_is_done_has_no_job(sealgate: Sealgate) -> None:
    done = sealgate("show", "99")
    assert done.exit_code == 1
    assert "there is no job 99" in done.stderr


def test_a_state_that_does_not_exist_is_told(sealgate: Sealgate) -> None:
    done = sealgate("list", "--state", "lost")
    assert done.exit_code == 2
    assert "no state is called lost" in done.stderr
