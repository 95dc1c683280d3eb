"""What any machine must show that was installed by site.yml, whatever its release."""

import json
import shutil
import time
from typing import Any

from tests.deploy.bundles import FIRST, ROOT
from tests.deploy.machine import Machine
from tests.deploy.playbooks import Playbooks
from tests.deploy.steps import Steps

_RECEIPT = ROOT / "examples/receipts/reportlab-a4-ascii85-001.pdf"
_LOAD = ROOT / "tests/deploy/load.py"
_MOST_EXPOSED = {"sealgate.service": 1.5, "sealgate-signer.service": 1.0}
# Of what a trial is warned whose signer is a service of its own: its officers left a grant without
# its document, and the token is the signer's alone. No machine here has a way to a time server.
_WARNED_OF = {
    "audit log key",
    "clock source",
    "grant south-receipts",
    "seals",
}


def seal(on: Machine, *, seconds: float, prefix: str, keep: str | None = None) -> dict[str, object]:
    """Seal receipts for so long; asserts that all came back sealed, gives what load.py says.

    With `keep`, the last one lies there afterwards.
    """
    there = on.directory / "root"
    shutil.copy(_LOAD, there / "load.py")
    shutil.copy(_RECEIPT, there / "receipt.pdf")
    python = f"/opt/sealgate/{FIRST}/bin/python3"
    kept = [] if keep is None else [f"--keep={keep}"]
    told = on.run(python, "/root/load.py", str(seconds), prefix, "/root/receipt.pdf", *kept)
    counted: dict[str, object] = json.loads(told)
    assert not counted["wrong"], counted["wrong"]
    assert counted["sealed"], "nothing was sealed"
    return counted


def first_receipts(steps: Steps, one: Machine, began: float) -> None:
    """Sealed, and judged by the machine's own `sealgate verify`."""
    with steps.step("the first receipts are sealed") as found:
        counted = seal(one, seconds=3, prefix="first-", keep="/root/sealed.pdf")
        found.append(f"{counted['sealed']} receipts")
        found.append(f"from the bundle to here {time.monotonic() - began:.0f} s")
    with steps.step("the seal on one is valid, and the document that it is on is the receipt"):
        ca = "--trust=/root/sealgate-trial/var/demo-ca.pem"
        report = json.loads(one.run("sealgate", "verify", "/root/sealed.pdf", ca, "--json"))
        assert report["verdict"] == "valid", report
        assert len(report["files"][0]["signatures"]) == 1, report
        sealed = (one.directory / "root/sealed.pdf").read_bytes()
        assert sealed.startswith(_RECEIPT.read_bytes()), "the input is no prefix of the output"


def run_again(steps: Steps, books: Playbooks, **variables: Any) -> None:  # noqa: ANN401 - of an inventory
    """A second run finds nothing to do."""
    with steps.step("a second run changes nothing"):
        ran = books.run("site.yml", **variables)
        assert ran.well, ran.output
        assert ran.changed == 0, ran.changes
    with steps.step("nor does --check"):
        ran = books.run("site.yml", "--check", **variables)
        assert ran.well, ran.output
        assert ran.changed == 0, ran.changes


def exposed(steps: Steps, one: Machine) -> None:
    """What systemd there reckons of the units."""
    with steps.step("exposure on the machine") as found:
        for unit, most in _MOST_EXPOSED.items():
            told = one.run("systemd-analyze", "security", "--no-pager", unit)
            now = float(told.rsplit(f"{unit}: ", 1)[1].split()[0])
            found.append(f"{unit} {now}")
            assert now <= most, unit


def looked_over(steps: Steps, one: Machine) -> None:
    """`sealgate doctor` there fails nothing, and warns of what a trial is warned of alone."""
    with steps.step("sealgate doctor finds no more than it must") as found:
        told = one.run(
            "runuser", "-u", "sealgate", "--", "sealgate", "doctor", "--json", "-c",
            "/etc/sealgate/config.yaml", check=False,
        )  # fmt: skip
        findings = json.loads(told)["findings"]
        for each in findings:
            if each["state"] != "ok":
                expected = each["state"] == "warning" and each["part"] in _WARNED_OF
                assert expected, f"{each['part']}: {each['message']}"
        well = sum(each["state"] == "ok" for each in findings)
        found.append(f"{well} parts are well, {len(findings) - well} warnings of a trial")
