"""A contract waits for people, who approve it in order; it is sealed once, and that is proved."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from typer.testing import CliRunner, Result

from gateway.cli.app import app
from gateway.client import GatewayClient, GatewayRefusedError, RequestSigner, Sealed
from gateway.clock import SystemClock
from tests.hsm_fixtures import MODULE, TOKEN_LABEL, SoftToken, soft_token, soft_token_original
from tests.running_gateway import RECEIPT, RunningGateway, copy_of, submission

__all__ = ["soft_token", "soft_token_original"]

POSTS = {
    "sun": ["sales", "lawyer"],
    "li": ["head"],
    "wang": ["lawyer"],
    "zhao": ["lawyer"],
    "chen": ["clerk"],
}

POLICIES = """apiVersion: sealgate/v1
kind: DocumentType
metadata: {name: sales-contract}
spec: {attributes: {amount_cents: {type: integer, required: true}}}
---
apiVersion: sealgate/v1
kind: SealPolicy
metadata: {name: contracts}
spec:
  seals: [receipt-south]
  documentTypes: [sales-contract]
  permit:
    - id: by-sales
      posts: [sales]
      when: doc.pages < 9
      approvals:
        order: sequence
        stages: [{count: 1, roles: [head]}, {count: 2, roles: [lawyer]}]
        expiresHours: 48
        requester: excluded
tests:
  - name: a contract waits
    request: {person: sun, doc: {pages: 1, attributes: {amount_cents: 1}}}
    expect: needs-approval
"""
POST = """---
apiVersion: sealgate/v1
kind: Role
metadata: {{name: {0}}}
spec: {{title: {0}, power: seal-user}}
---
apiVersion: sealgate/v1
kind: Post
metadata: {{name: {0}}}
spec: {{company: group, title: {0}, roles: [{0}, seal-approver]}}
"""
PERSON = """---
apiVersion: sealgate/v1
kind: Person
metadata: {{name: {name}}}
spec:
  title: {name}
  company: group
  posts: [{posts}]
  keys:
    {key}
"""


def command(*words: str) -> Result:
    """The command line, in this process."""
    return CliRunner().invoke(app, [*words])


@dataclass
class People:
    """People of the trial installation; Wang's key is in a token, the others' in files."""

    gateway: RunningGateway
    desk: Path
    pin: Path

    def key(self, name: str) -> tuple[str, ...]:
        if name == "wang":
            uri = f"pkcs11:token={TOKEN_LABEL};object=p256-key?module-path={MODULE}"
            return ("--key", f"wang-2026={uri}", "--pin-file", str(self.pin))
        return ("--key", f"{name}-2026={self.desk / name}.pem")

    def write_policies(self) -> None:
        text = POLICIES + "".join(map(POST.format, ("sales", "head", "lawyer", "clerk")))
        for name, posts in POSTS.items():
            if name != "wang":
                form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
                (self.desk / f"{name}.pem").write_bytes(
                    Ed25519PrivateKey.generate().private_bytes(*form)
                )
            told = command("policy", "key", *self.key(name))
            assert told.exit_code == 0, told.stderr
            held = ", ".join(f"{{post: {post}, from: 2026-01-01}}" for post in posts)
            text += PERSON.format(name=name, posts=held, key=told.stdout.strip())
        (self.gateway.trial.policies / "contracts.yaml").write_text(text)

    def run(self, name: str, *arguments: str) -> Result:
        return command("approvals", *arguments, *self.key(name), "--url", self.gateway.url)

    def say(self, name: str, act: str, approval: str, *more: str) -> str:
        done = self.run(name, act, approval, *more)
        assert done.exit_code == 0, done.stderr
        return done.stdout

    def refused(self, name: str, *arguments: str) -> str:
        done = self.run(name, *arguments)
        assert done.exit_code != 0
        return " ".join(done.stderr.split())

    def seal(self, key: str, document: bytes = RECEIPT) -> Sealed:
        return asyncio.run(self._seal(key, document))

    async def _seal(self, key: str, document: bytes) -> Sealed:
        signer = RequestSigner.from_file(
            self.desk / "sun.pem", key_id="sun-2026", clock=SystemClock()
        )
        async with GatewayClient(self.gateway.url, signer) as client:
            return await client.seal(
                submission(
                    document=document,
                    seal="receipt-south",
                    document_type="sales-contract",
                    business_number="HT-2026-1",
                    attributes={"amount_cents": 990000},
                    idempotency_key=key,
                )
            )

    def ask(self, key: str, document: bytes = RECEIPT) -> str:
        """Ask for the seal; gives the id of the approval that it waits for."""
        problem = self.problem(key, document)
        assert problem["type"].endswith(":approval-needed"), problem
        (approval,) = problem["approvals"]
        return str(approval["id"])

    def problem(self, key: str, document: bytes = RECEIPT) -> dict[str, Any]:
        with pytest.raises(GatewayRefusedError) as refused:
            self.seal(key, document)
        return refused.value.problem

    def records(self, kind: str) -> list[dict[str, Any]]:
        config = str(self.gateway.trial.config_file)
        shown = command("audit", "show", "0", "-n", "1000", "--json", "-c", config).stdout
        return [each for each in map(json.loads, shown.splitlines()) if each["kind"] == kind]


@pytest.fixture
def people(
    trial_template: Path,
    tmp_path: Path,
    soft_token: SoftToken,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[People]:
    monkeypatch.setenv("SOFTHSM2_CONF", str(soft_token.directory / "softhsm2.conf"))
    gateway = RunningGateway(copy_of(trial_template, tmp_path / "var"))
    made = People(gateway, tmp_path, soft_token.directory / "pin")
    made.write_policies()
    gateway.start()
    yield made
    if gateway.process is not None and gateway.process.poll() is None:
        gateway.stop()


def test_a_contract_is_sealed_once_when_a_head_and_two_lawyers_have_approved(
    people: People, tmp_path: Path
) -> None:
    contract, other = tmp_path / "contract.pdf", tmp_path / "other.pdf"
    contract.write_bytes(RECEIPT)
    other.write_bytes(RECEIPT + b"\n")
    approval = people.ask("one")

    # Who asked and who approves see the facts, and the rule that asks.
    for name in ("sun", "li", "wang"):
        shown = people.say(name, "show", approval)
        assert "pages=1" in shown
        assert "amount_cents=990000" in shown
        assert "contracts/by-sales: permitted once approved by 1 of head" in shown
        assert "doc.pages < 9" in shown
    assert "no approval" in people.refused("chen", "show", approval)

    # In order, and never who asked, though she is a lawyer too.
    assert "not the turn of 'wang'" in people.refused("wang", "approve", approval)
    assert "'sun' asked for the seal" in people.refused("sun", "approve", approval)
    assert "is another document" in people.refused(
        "li", "approve", approval, "--document", str(other)
    )
    people.say("li", "approve", approval, "--document", str(contract))
    assert "now pending" in people.say("wang", "approve", approval)
    assert (people.problem("one"))["type"].endswith(":approval-needed")
    assert "now granted" in people.say("zhao", "approve", approval)

    # Another byte is another document, and waits for itself.
    assert people.ask("two", other.read_bytes()) != approval
    sealed = people.seal("one")
    assert (people.seal("one")).repeated
    assert people.ask("three") != approval
    (intent,) = people.records("intent")
    assert [each.partition("/")[2] for each in intent["decision"]["approvals"]] == [
        "li",
        "wang",
        "zhao",
    ]

    _is_proved(people, approval, contract, sealed)


def _is_proved(people: People, approval: str, contract: Path, sealed: Sealed) -> None:
    """Also for others: with a file, the policies and the log's key, and no gateway."""
    gateway, file = people.gateway, people.desk / "proof.json"
    gateway.stop()
    trial = gateway.trial
    here = ("-c", str(trial.config_file))
    done = command("approvals", "export", approval, "-o", str(file), *here)
    assert done.exit_code == 0, done.stderr
    assert command("approvals", "verify", approval, *here).exit_code == 0
    key = trial.directory / "state" / "audit" / "log-key.txt"
    brought = ("--policies", str(trial.policies), "--log-key", str(key))
    output = people.desk / "sealed.pdf"
    output.write_bytes(sealed.content)
    verify = ("approvals", "verify", str(file), *brought, "--document")
    for document in (contract, output):
        told = command(*verify, str(document))
        assert told.exit_code == 0, told.stdout + told.stderr
        assert "every record stands under a signed tree head" in told.stdout
    another = command(*verify, str(people.desk / "other.pdf"), "--json")
    assert another.exit_code == 1
    (problem,) = json.loads(another.stdout)["problems"]
    assert "is another document" in problem
    file.write_text(file.read_text().replace("990000", "990"))
    assert command(*verify, str(contract)).exit_code == 1
    assert command("approvals", "verify", str(file)).exit_code == 2


def test_who_rejects_ends_it(people: People) -> None:
    approval = people.ask("one")
    people.say("li", "reject", approval, "--reason", "价格不对")
    told = people.problem("one")
    assert told["type"].endswith(":approval-rejected")
    assert "价格不对" in told["detail"]
    assert "was rejected" in people.refused("wang", "approve", approval)
    assert people.records("intent") == []
