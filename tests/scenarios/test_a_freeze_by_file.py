"""Sealing is stopped on a running gateway, by whoever may write its policies."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.client import GatewayRefusedError
from tests.running_gateway import RunningGateway, copy_of, until


@pytest.fixture
def gateway(trial_template: Path, tmp_path: Path) -> Iterator[RunningGateway]:
    """One whose policies name no officers, so that a freeze needs no signature."""
    running = RunningGateway(copy_of(trial_template, tmp_path / "var"))
    (running.trial.policies / "officers.yaml").unlink()
    running.start()
    yield running
    running.stop()


async def test_a_file_in_the_policy_directory_stops_sealing_also_after_a_crash(
    gateway: RunningGateway,
) -> None:
    await gateway.seal()
    done = gateway.run("freeze", "gateway", "--reason", "a key card is missing")
    assert done.returncode == 0, done.stderr
    await until(lambda: any(line.get("event") == "frozen" for line in gateway.log()), seconds=5)
    with pytest.raises(GatewayRefusedError, match=r"all sealing is frozen .*a key card is missing"):
        await gateway.seal()
    gateway.kill_gateway()
    gateway.start()
    with pytest.raises(GatewayRefusedError) as refused:
        await gateway.seal()
    assert refused.value.problem["type"] == "urn:sealgate:problem:frozen"
    assert json.loads(gateway.run("audit", "verify", "--json").stdout)["whole"]
