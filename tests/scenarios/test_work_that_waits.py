"""7×24: what comes while the HSM is being maintained is accepted, waits, and loses nothing."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.batch_client import BatchClient, Part
from tests.running_gateway import RECEIPT, RunningGateway, copy_of, until

_ALWAYS = """
jobs:
  most_open_items_of_a_system: 3
  maintenance:
    - {name: HSM firmware, kinds: [seal], starts: '00:00', ends: '00:00'}
"""
_NEVER = """
jobs:
  most_open_items_of_a_system: 3
"""


def _documents(*numbers: str) -> list[Part]:
    return [("document", f"{number}.pdf", RECEIPT) for number in numbers]


@pytest.fixture
def gateway(trial_template: Path, tmp_path: Path) -> Iterator[RunningGateway]:
    """In a maintenance window that does not end."""
    made = RunningGateway(copy_of(trial_template, tmp_path / "var"))
    _add(made, _ALWAYS)
    made.start()
    yield made
    made.stop()


def _add(gateway: RunningGateway, section: str) -> None:
    config = gateway.trial.config_file
    config.write_text(config.read_text().partition("\njobs:")[0] + section)


async def test_what_comes_in_a_maintenance_window_is_sealed_after_it(
    gateway: RunningGateway,
) -> None:
    client = BatchClient(gateway)

    # It is taken in, and waits.
    accepted = await client.submit(*_documents("WB-1", "WB-2", "WB-3"))
    assert accepted.status == 202
    batch = accepted.json["id"]
    await until(lambda: _waiting(gateway) == 3)
    assert 'sealgate_jobs_stopped{kind="seal",why="paused"} 1.0' in await _metrics(client)

    # What would be more than is borne is told when to come again.
    refused = await client.submit(*_documents("WB-4"), key="later")
    assert (refused.status, refused.headers["Retry-After"]) == (429, "30")
    assert refused.json["type"] == "urn:sealgate:problem:too-much-open"

    # Callers who wait for an answer are not held up by a window for batches.
    assert (await gateway.seal(business_number="WB-9")).content.startswith(RECEIPT)

    # Even a crash loses nothing.
    gateway.kill_gateway()
    _add(gateway, _NEVER)
    gateway.start()
    ended = await client.ended(batch)
    assert (ended["state"], ended["counts"]["sealed"]) == ("finished", 3)
    assert _waiting(gateway) == 0
    while "sealgate_open_items 0.0" not in await _metrics(client):
        await asyncio.sleep(0.05)  # another process counts every two seconds
    assert (await client.submit(*_documents("WB-4"), key="later")).status == 202


def _waiting(gateway: RunningGateway) -> int:
    """How many documents wait, as whoever is called at night would ask."""
    told = json.loads(gateway.run("jobs", "list", "--state", "waiting", "--json").stdout)
    return len(told["jobs"])


async def _metrics(client: BatchClient) -> str:
    return (await client.get("/metrics")).body.decode()
