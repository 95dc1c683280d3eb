"""A gateway is backed up while it seals, is lost, and goes on elsewhere from the backup."""

import asyncio
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.backed_up_house import emptied
from tests.postgres_server import Server, postgres
from tests.running_gateway import RunningGateway, as_nodes, copy_of, until

__all__ = ["postgres"]

pytestmark = pytest.mark.timeout(300)


@dataclass
class Site:
    """A gateway that runs, and how to make the machine that comes after it."""

    running: RunningGateway
    server: Server | None = None

    @property
    def backups(self) -> Path:
        return self.running.trial.directory.parent / "backups"

    def back_up(self) -> dict[str, Any]:
        done = self.running.run("backup", "create", "--to", str(self.backups), "--json")
        assert done.returncode == 0, done.stderr
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    def lose(self) -> RunningGateway:
        """Kill it; gives an empty machine that has its configuration and its HSM."""
        self.running.kill_gateway()
        trial = emptied(self.running.trial, self.backups.with_name("there")).trial
        if self.server is not None:
            text = trial.config_file.read_text()
            first = text.partition("\n")[2]  # `as_nodes` put its line before all others
            trial.config_file.write_text(first)
            as_nodes([trial], self.server.database().url, trial.directory / "documents")
        return RunningGateway(trial)


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, trial_template: Path, tmp_path: Path) -> Iterator[Site]:
    trial = copy_of(trial_template, tmp_path / "var", signed=True)
    server: Server | None = None
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres")
        as_nodes([trial], server.database().url, tmp_path / "documents")
    made = Site(RunningGateway(trial), server)
    made.running.start()
    yield made
    process = made.running.process
    if process is not None and process.poll() is None:
        made.running.stop()


async def test_what_is_sealed_while_it_is_backed_up_is_there_after_the_loss_and_restored_once(
    site: Site,
) -> None:
    sealed: dict[str, bytes] = {}
    going_on = True

    async def go_on(caller: int) -> None:
        number = 0
        while going_on:
            key = f"{caller}-{number}"
            sealed[key] = (await site.running.seal(idempotency_key=key)).content
            number += 1

    callers = [asyncio.create_task(go_on(caller)) for caller in range(4)]
    told: dict[str, Any] = {}
    known: set[str] = set()
    for _ in range(2):
        before = len(sealed)
        await until(lambda least=before + 5: len(sealed) >= least)  # type: ignore[misc]
        known = set(sealed)
        told = await asyncio.to_thread(site.back_up)
        assert told["documents"] >= len(known)
    await until(lambda: len(sealed) > told["documents"] + 3)
    going_on = False
    await asyncio.gather(*callers)
    newer = site.backups / "head"
    deadline = asyncio.get_running_loop().time() + 20
    checkpoint = site.running.trial.directory / "state/audit/checkpoint"
    while int(checkpoint.read_text().splitlines()[1]) <= told["records"]:
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.05)
    shutil.copy(checkpoint, newer)

    there = await asyncio.to_thread(site.lose)
    restored = there.run("backup", "restore", told["path"], "--checkpoint", str(newer))
    assert restored.returncode == 0, restored.stderr
    assert "are not in this backup" in restored.stderr
    assert "would seal it a second time" in restored.stdout
    _is_not_restored_twice(there, told["path"])
    there.start()
    try:
        for key in known:
            old = await there.seal(idempotency_key=key)
            assert old.content == sealed[key], "an old document is not found"
        lost = set(sealed) - known
        assert lost
        new = await there.seal(idempotency_key="after-the-loss")
        assert new.content
    finally:
        there.stop()
    whole = there.run("audit", "verify")
    assert whole.returncode == 0, whole.stderr
    records = there.run("audit", "show", str(told["records"]), "-n", "1", "--json")
    (first,) = [json.loads(line) for line in records.stdout.splitlines()]
    assert first["kind"] == "start"
    assert first["restored"]["records"] == told["records"]
    assert not (there.trial.directory / "state/restored.json").exists()


def _is_not_restored_twice(there: RunningGateway, backup: str) -> None:
    """Refused with the cure, and what was restored is left as it is."""
    again = there.run("backup", "restore", backup)
    assert again.returncode == 2
    assert "then run this again" in again.stderr
