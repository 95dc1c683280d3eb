"""Officers edit their files while the gateway runs; a broken file never replaces a good one."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.client import GatewayRefusedError
from tests.running_gateway import RunningGateway, copy_of, until


def _edit(gateway: RunningGateway, file: str, old: str, new: str) -> None:
    path = gateway.trial.policies / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


async def _log_after_edit(
    gateway: RunningGateway, event: str, file: str, old: str, new: str
) -> dict[str, Any]:
    since = len(gateway.log())
    _edit(gateway, file, old, new)
    await until(lambda: any(line["event"] == event for line in gateway.log()[since:]))
    return gateway.wait_for_log(event, since=since)


async def test_a_frozen_seal_is_refused_within_seconds_and_works_again_when_thawed(
    gateway: RunningGateway,
) -> None:
    active, frozen = "state: active", 'state: frozen\n  frozenReason: "公章遗失, 调查中"'
    await _log_after_edit(gateway, "policies_in_force", "seals.yaml", active, frozen)
    with pytest.raises(GatewayRefusedError) as refused:
        await gateway.seal()
    assert refused.value.problem["type"].endswith(":seal-frozen")
    assert "公章遗失" in refused.value.problem["detail"]
    assert (await gateway.seal(seal="receipt-south")).content

    await _log_after_edit(gateway, "policies_in_force", "seals.yaml", frozen, active)
    assert (await gateway.seal()).content


@pytest.fixture(scope="module")
def going_on(
    trial_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningGateway]:
    """One gateway for all broken files; each is mended by the test that broke it."""
    running = RunningGateway(copy_of(trial_template, tmp_path_factory.mktemp("edited") / "var"))
    running.start()
    yield running
    running.stop()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("permit:", "permitt:"),
        ("doc.pages <= 3", "doc.pges <= 3"),
        ("<= 5000000", "<= 1"),  # its own test fails
        ("seals: [receipt-east, receipt-south]", "seals: [nowhere]"),
    ],
    ids=["unknown key", "condition without meaning", "own test fails", "seal that is not"],
)
async def test_a_broken_file_is_refused_loudly_and_the_good_bundle_stays(
    going_on: RunningGateway, old: str, new: str
) -> None:
    gateway = going_on
    before = gateway.wait_for_log("ready")["bundle"]

    told = await _log_after_edit(gateway, "policies_refused", "receipts.yaml", old, new)

    assert told["still_in_force"] == before
    assert "receipts.yaml:" in told["mistakes"]
    sealed = await gateway.seal()
    async with gateway.client() as client:
        decision = await client.get_json(f"/v1/documents/{sealed.document_id}/decision")
    assert decision["decision"]["bundle"] == before
    _edit(gateway, "receipts.yaml", new, old)


async def test_which_bundle_was_in_force_when_stands_in_the_audit_log(
    gateway: RunningGateway,
) -> None:
    told = await _log_after_edit(
        gateway, "policies_in_force", "receipts.yaml", "doc.pages <= 3", "doc.pages <= 2"
    )
    shown = gateway.run("audit", "show", "0", "-n", "1000", "--json").stdout.splitlines()
    changes = [record for record in map(json.loads, shown) if record["kind"] == "policy"]
    assert [change["bundle"] for change in changes] == [told["bundle"]]
    assert changes[0]["previous_bundle"] == gateway.wait_for_log("ready")["bundle"]
