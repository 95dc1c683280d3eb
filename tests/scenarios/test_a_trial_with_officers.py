"""A trial as `sealgate init` makes it: two officers sign, two people approve."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.trial.policies import APPROVERS, OFFICERS
from gateway.client import GatewayClient, GatewayRefusedError, RequestSigner
from gateway.clock import SystemClock
from tests.running_gateway import RECEIPT, RunningGateway


def publish(gateway: RunningGateway, file: str, old: str, new: str) -> str:
    """Change a file, have both officers sign, and wait until it is in force; gives what is told."""
    path = gateway.trial.policies / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    keys = [part for name in OFFICERS for part in ("--key", officer(gateway, name))]
    done = gateway.run("policy", "publish", str(gateway.trial.policies), *keys, "--yes", "--wait")
    assert done.returncode == 0, done.stderr
    assert "is in force, signed by li-na, wang-qiang" in done.stdout
    return done.stdout


def officer(gateway: RunningGateway, name: str) -> str:
    return str(gateway.trial.signed.officer_key(name))


def command(gateway: RunningGateway, *arguments: str, code: int = 0) -> str:
    done = gateway.run(*arguments)
    assert done.returncode == code, done.stderr + done.stdout
    return done.stdout


async def test_a_change_counts_once_both_officers_signed_it(signed_gateway: RunningGateway) -> None:
    gateway = signed_gateway
    path = gateway.trial.policies / "receipts.yaml"
    path.write_text(path.read_text().replace("doc.pages <= 3", "doc.pages <= 0"))
    assert (await gateway.seal()).content  # saved, but signed by nobody
    path.write_text(path.read_text().replace("doc.pages <= 0", "doc.pages <= 3"))

    told = publish(gateway, "receipts.yaml", "amount_cents <= 5000000", "amount_cents <= 300000")
    assert "changed: tms" in told
    with pytest.raises(GatewayRefusedError) as refused:
        await gateway.seal(attributes={"amount_cents": 300_001})
    assert refused.value.problem["type"].endswith(":policy-denied")
    shown = command(gateway, "audit", "show", "0", "-n", "1000", "--json")
    changes = [each for each in map(json.loads, shown.splitlines()) if each["kind"] == "policy"]
    assert [each["sequence"] for each in changes] == [1, 2]
    assert all(each["signed_by"] == list(OFFICERS) for each in changes)


async def test_a_large_amount_is_sealed_once_two_people_approved_it(
    shared_gateway: RunningGateway, tmp_path: Path
) -> None:
    gateway = shared_gateway
    large: dict[str, Any] = {"attributes": {"amount_cents": 60_000_000}, "idempotency_key": "large"}
    with pytest.raises(GatewayRefusedError) as waiting:
        await gateway.seal(**large)
    assert waiting.value.problem["type"].endswith(":approval-needed")
    document = tmp_path / "my.pdf"
    document.write_bytes(RECEIPT)
    for name in APPROVERS:
        pem = gateway.trial.signed.approver_key(name)
        key = ("--key", f"{name}-2026={pem}", "--url", gateway.url)
        listed = json.loads(
            command(gateway, "approvals", "list", *key, "--state", "pending", "--json")
        )
        (approval,) = (each["id"] for each in listed["approvals"])
        assert "60000000" in command(gateway, "approvals", "show", approval, *key)
        command(gateway, "approvals", "approve", approval, *key, "--document", str(document))
    assert (await gateway.seal(**large)).content
    with pytest.raises(GatewayRefusedError):  # it was good for one document
        await gateway.seal(**{**large, "idempotency_key": "another"})


async def test_one_officer_freezes_and_two_unfreeze(shared_gateway: RunningGateway) -> None:
    gateway = shared_gateway
    keys = {name: f"{name}-2026={officer(gateway, name)}" for name in OFFICERS}
    here = ("--url", gateway.url)
    first, second = keys.values()
    frozen = command(
        gateway,
        "freeze",
        "seal",
        "receipt-east",
        "--reason",
        "lost",
        "--key",
        first,
        "--json",
        *here,
    )
    (stop,) = json.loads(frozen)
    with pytest.raises(GatewayRefusedError) as refused:
        await gateway.seal()
    assert "lost" in refused.value.problem["detail"]
    for key in (first, second):
        with pytest.raises(GatewayRefusedError):
            await gateway.seal()
        command(gateway, "unfreeze", stop["id"], "--reason", "found", "--key", key, *here)
    assert (await gateway.seal()).content


async def test_the_other_companys_seal_needs_its_grant(shared_gateway: RunningGateway) -> None:
    gateway = shared_gateway
    assert (await gateway.seal(seal="receipt-south")).content
    publish(gateway, "grants.yaml", "maximum: 5000000", "maximum: 100")
    with pytest.raises(GatewayRefusedError) as refused:
        await gateway.seal(seal="receipt-south")
    assert "grant" in {each["rule"] for each in refused.value.problem["reasons"]}


async def test_questions_are_answered_by_the_bundle_in_force(
    signed_gateway: RunningGateway, tmp_path: Path
) -> None:
    gateway = signed_gateway
    await gateway.seal()
    changed = tmp_path / "changed"
    shutil.copytree(gateway.trial.policies, changed)
    receipts = changed / "receipts.yaml"
    receipts.write_text(receipts.read_text().replace("<= 5000000", "<= 128"))
    receipts.write_text(receipts.read_text().replace("amount_cents: 128000", "amount_cents: 28"))
    sources = {path.name: path.read_text() for path in changed.glob("*.yaml")}
    imagined = {
        "system": "tms",
        "seal": "receipt-east",
        "documentType": "logistics-receipt",
        "doc": {"attributes": {"amount_cents": 128_000}},
    }
    signer = RequestSigner.from_file(
        gateway.trial.signed.officer_key("li-na"), key_id="li-na-2026", clock=SystemClock()
    )
    async with GatewayClient(gateway.url, signer) as client:
        checked = await client.post_json("/v1/policies/check", {})
        explained = await client.post_json("/v1/policies/explain", {"request": imagined})
        different = await client.post_json("/v1/policies/diff", {"new": sources})
        replayed = await client.post_json("/v1/policies/simulate", {"new": sources})
    bundle = gateway.wait_for_log("policies_in_force")
    assert (checked["ok"], checked["bundle"]) == (True, bundle["bundle"])
    assert explained["verdict"] == "allowed"
    assert different["old"] == bundle["bundle"]
    assert [each["kind"] for each in different["difference"]["changes"]] == ["changed"]
    assert [each["after"] for each in replayed["simulation"]["changed"]] == ["denied"]

    by_command = json.loads(command(gateway, "policy", "diff", str(changed), "--json", code=1))
    assert by_command["difference"] == different["difference"]
    assert by_command["old"] == bundle["bundle"]
    command(gateway, "policy", "simulate", str(changed), code=1)
    command(gateway, "policy", "simulate")
    assert bundle["bundle"] in command(gateway, "policy", "check")
