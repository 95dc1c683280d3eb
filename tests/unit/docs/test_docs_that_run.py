"""What the README, the officer's guide and the API's page tell to run, run against a gateway.

And the log's fields.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.client import GatewayRefusedError
from tests.running_gateway import RECEIPT, RunningGateway, until
from tests.unit.docs.markdown import ROOT, blocks, read


@pytest.mark.timeout(600)  # two dozen commands, on a machine that may have other things to do
def test_the_commands_of_the_readme_do_what_it_says(shared_gateway: RunningGateway) -> None:
    config = shared_gateway.trial.config_file
    here = config.parent.parent
    assert config == here / "var" / "config.yaml"  # where the commands look for it
    # The README's gateway listens at the configured port; this one took a free one.
    port = shared_gateway.url.rpartition(":")[2]
    config.write_text(re.sub(r"port: \d+", f"port: {port}", config.read_text()))
    (here / "examples").symlink_to(ROOT / "examples")
    commands = [block for block in blocks(read("README.md"), "sh") if "sealgate " in block]
    told = _run("".join(commands), here)
    assert told.returncode == 0, told.stderr
    assert "Signature is Valid." in told.stdout
    assert "whole" in told.stdout
    assert "changed: tms" in told.stdout
    assert "number 2 is in force, signed by li-na, wang-qiang" in told.stdout
    assert "it waits" in told.stdout
    assert "the approval is now granted" in told.stdout
    assert (here / "large" / "my.pdf").exists()
    assert "ended: " in told.stdout  # the freeze
    shown = shared_gateway.run("audit", "show", "0", "-n", "1000", "--json").stdout
    kinds = [json.loads(line)["kind"] for line in shown.splitlines()]
    assert {"policy", "approval", "freeze", "unfreeze"} <= {*kinds}


@pytest.mark.timeout(300)  # a dozen commands, on a machine that may have other things to do
def test_an_officers_day_brings_a_change_into_force(signed_gateway: RunningGateway) -> None:
    day = read("docs/policies.md").partition("## An officer's day")[2].partition("\n## ")[0]
    commands = blocks(day, "sh")
    assert len(commands) == len(re.findall(r"^\*\*\d\.", day, re.MULTILINE))
    # Without `-e`: what tells differences exits 1 when there are some.
    here = signed_gateway.trial.config_file.parent.parent
    told = _run("".join(commands), here, flags="-uo")
    assert told.returncode == 0, told.stderr
    for words in (
        *("ok: 8 files", "0 fail", "changed: tms", "doc.pages <= 2 (doc.pages is 3)"),
        *("signed with li-na-2026", "signed with wang-qiang-2026"),
        "number 2 is in force, signed by li-na, wang-qiang",
    ):
        assert words in told.stdout, told.stdout + told.stderr


async def test_the_steps_of_an_audit_tell_who_sealed_by_which_rule_of_whom(
    signed_gateway: RunningGateway,
) -> None:
    sealed = await signed_gateway.seal(business_number="WB-0001")
    here = signed_gateway.trial.config_file.parent.parent
    (here / "receipt.pdf").write_bytes(sealed.content)
    await until((here / "var" / "state" / "audit" / "checkpoint").exists)
    audit = read("docs/policies.md").partition("## At an audit")[2].partition("\n## ")[0]
    *steps, approvals = blocks(audit, "text")
    assert "sealgate approvals export" in approvals  # of which tests of their own speak
    script = "".join(steps)
    for shown, here_it_is in (
        ("checkpoints/20261122T1215.txt", "var/state/audit/checkpoint"),
        (" ID ", f" {sealed.document_id} "),
        (" 4711", " 2"),
    ):
        assert shown in script
        script = script.replace(shown, here_it_is)
    told = _run(script, here)
    assert told.returncode == 0, told.stdout + told.stderr
    for words in (
        *("whole", "valid", "receipts/tms-automatic", hashlib.sha256(sealed.content).hexdigest()),
        *('"signed_by": ["li-na", "wang-qiang"]', "signedBy", "kind: SealPolicy"),
    ):
        assert words in told.stdout, told.stdout


def _run(
    script: str, directory: Path, *, flags: str = "-euo"
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["bash", flags, "pipefail", "-c", script],
        cwd=directory,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_program_of_the_api_page_seals(shared_gateway: RunningGateway, tmp_path: Path) -> None:
    (program,) = blocks(read("docs/api.md"), "python")
    for name, content in {"seal_one.py": program.encode(), "my.pdf": RECEIPT}.items():
        (tmp_path / name).write_bytes(content)
    told = subprocess.run(
        [
            *(sys.executable, "seal_one.py", shared_gateway.url, shared_gateway.trial.client_key),
            *("my.pdf", "sealed.pdf"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert (tmp_path / "sealed.pdf").read_bytes().startswith(RECEIPT)


async def test_every_field_of_a_leaf_is_documented(shared_gateway: RunningGateway) -> None:
    await shared_gateway.seal()
    with pytest.raises(GatewayRefusedError):
        await shared_gateway.seal(attributes={"amount_cents": 9_000_000})
    documented: dict[str, set[str]] = {}
    for line in read("docs/audit.md").partition("## Checkpoints")[0].splitlines():
        if line.startswith("| `"):
            _, names, *middle, _what, _ = line.split("|")
            kinds = re.findall("`([a-z]+)`", middle[0]) if middle else ["every"]
            for name in re.findall("`([a-z_]+)`", names):
                documented.setdefault(name, set()).update(kinds)
    (besides,) = re.findall("^`asked` has (.*) too\\.$", read("docs/audit.md"), re.MULTILINE)
    for name in re.findall("`([a-z_]+)`", besides):
        documented[name].add("asked")
    shown = shared_gateway.run("audit", "show", "0", "-n", "1000", "--json").stdout
    records = [json.loads(line) for line in shown.splitlines()]
    assert {record["kind"] for record in records} >= {"start", "intent", "outcome", "denied"}
    for record in records:
        for name in record:
            assert documented.get(name, set()) & {"every", record["kind"]}, (record["kind"], name)
