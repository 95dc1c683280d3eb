"""Officers sign bundles; the gateway takes the next that enough have signed, and no other."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from typer.testing import CliRunner

from gateway.cli.app import app
from gateway.client import GatewayRefusedError
from tests.running_gateway import RunningGateway, copy_of, until
from tests.sealed_bundles import key

OFFICERS = ("li", "wang")


class Officers:
    """Two officers of the trial installation, who both sign."""

    def __init__(self, gateway: RunningGateway, desk: Path) -> None:
        self.gateway = gateway
        self.desk = desk
        self.policies = gateway.trial.policies
        self.bundles = gateway.trial.directory / "bundles"
        self.bundles.mkdir()
        (self.policies / "officers.yaml").write_text(_officers())
        root = gateway.trial.directory / "first-officers.json"
        self.run("root", str(self.policies), "-o", str(root))
        config = gateway.trial.config_file
        kept = f"directory: {self.policies}"
        assert kept in config.read_text()
        named = f"bundles: {self.bundles}\n  root: {root}"
        config.write_text(config.read_text().replace(kept, named))

    def run(self, *arguments: str) -> None:
        """At the officers' desk, where no gateway is."""
        done = CliRunner().invoke(app, ["policy", *arguments])
        assert done.exit_code == 0, done.output

    def build(
        self, name: str, *, after: Path | None = None, by: tuple[str, ...] = OFFICERS
    ) -> Path:
        file = self.desk / f"{name}.sealbundle"
        more = () if after is None else ("--after", str(after))
        self.run("build", str(self.policies), "-o", str(file), *more)
        return self.sign(file, by=by)

    def roll_back(self, earlier: Path, *, after: Path) -> Path:
        file = self.desk / "rollback.sealbundle"
        self.run("rollback", str(earlier), "-o", str(file), "--after", str(after))
        return self.sign(file)

    def sign(self, file: Path, *, by: tuple[str, ...] = OFFICERS) -> Path:
        for officer in by:
            pem = self.desk / f"{officer}.pem"
            private = key(officer).key
            pem.write_bytes(
                private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            )
            self.run("sign", str(file), "--key", str(pem))
        return file

    async def activate(self, file: Path) -> dict[str, Any]:
        event, since = "policies_in_force", len(self.gateway.log())
        assert self.gateway.run("policy", "activate", str(file)).returncode == 0
        await until(lambda: any(each["event"] == event for each in self.gateway.log()[since:]))
        return self.gateway.wait_for_log(event, since=since)

    def freeze(self) -> None:
        file = self.policies / "seals.yaml"
        text = file.read_text()
        assert "state: active" in text
        frozen = 'state: frozen\n  frozenReason: "公章遗失"'
        file.write_text(text.replace("state: active", frozen, 1))

    def records(self, kind: str) -> list[dict[str, Any]]:
        shown = self.gateway.run("audit", "show", "0", "-n", "1000", "--json").stdout
        return [each for each in map(json.loads, shown.splitlines()) if each["kind"] == kind]


def _officers() -> str:
    persons = "".join(
        f"""---
apiVersion: sealgate/v1
kind: Person
metadata: {{name: {name}}}
spec:
  title: {name}
  company: east
  posts: [{{post: officers, from: 2026-01-01}}]
  keys: [{{id: {name}-1, algorithm: ed25519, publicKey: {_public(name)}}}]
"""
        for name in OFFICERS
    )
    return f"""apiVersion: sealgate/v1
kind: Role
metadata: {{name: officer}}
spec: {{title: officer, power: seal-manager}}
---
apiVersion: sealgate/v1
kind: Post
metadata: {{name: officers}}
spec: {{company: east, title: officers, roles: [officer]}}
{persons}---
apiVersion: sealgate/v1
kind: Governance
metadata: {{name: group}}
spec: {{root: group, officers: [li, wang], signatures: {{bundle: 2}}, automaticSealing: free}}
"""


def _public(name: str) -> str:
    return base64.b64encode(key(name).public_key.value).decode()


async def test_from_yaml_into_force_and_back_after_a_crash(
    trial_template: Path, tmp_path: Path
) -> None:
    gateway = RunningGateway(copy_of(trial_template, tmp_path / "var"))
    officers = Officers(gateway, tmp_path)
    first = officers.build("first")
    gateway.start()
    with pytest.raises(GatewayRefusedError):  # nothing is in force: everything is denied
        await gateway.seal()

    assert (await officers.activate(first))["signed_by"] == ["li", "wang"]
    assert (await gateway.seal()).content

    officers.freeze()
    short = officers.build("short", after=first, by=("li",))
    waited = gateway.run("policy", "activate", str(short), "--wait")
    assert waited.returncode == 1
    assert "2 of the officers in force must sign" in waited.stderr
    assert (await gateway.seal()).content
    (refused,) = officers.records("refused")
    assert refused["sequence"] == 2

    second = officers.build("second", after=first)
    await officers.activate(second)
    with pytest.raises(GatewayRefusedError) as frozen:
        await gateway.seal()
    assert frozen.value.problem["type"].endswith(":seal-frozen")

    gateway.kill_gateway()
    for file in officers.bundles.iterdir():
        file.unlink()  # the gateway has its own copy
    gateway.start()
    with pytest.raises(GatewayRefusedError) as still:
        await gateway.seal()
    assert still.value.problem["type"].endswith(":seal-frozen")
    assert officers.records("policy")[-1]["sequence"] == 2

    back_again = officers.roll_back(first, after=second)
    waited = gateway.run("policy", "activate", str(back_again), "--wait")
    assert (waited.returncode, waited.stderr) == (0, "")
    assert "number 3 is in force, signed by li, wang" in waited.stdout
    assert (await gateway.seal()).content
    back, was = officers.records("policy")[-1], officers.records("policy")[0]
    assert (back["sequence"], back["rollback"]) == (3, True)
    assert back["bundle"] == was["bundle"]
    gateway.stop()
