"""A seal gets another key while documents come in: none is refused, and none is lost."""

import asyncio
import contextlib
import json
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.client import GatewayClient, GatewayRefusedError
from tests.running_gateway import RunningGateway, copy_of, submission, until
from tests.seal_authority import SealAuthority, pem

_A_SECOND = 100
_OLD, _NEW = "receipt-south", "receipt-south-2"
_MARK = "    - {id: audit-log"
_LINE = f"    - {{id: {_NEW}, label: {_NEW}, mechanism: ecdsa-p256-sha256}}\n"
_PLAN = f"""
ceremony: 华南公司回单专用章，更换密钥
token: sealgate-demo
keys:
  - id: {_NEW}
    label: {_NEW}
    mechanism: ecdsa-p256-sha256
    sensitive: true
    non_extractable: true
    sign_only: true
    subject: CN=回单专用章,O=示例物流（华南）有限公司,C=CN
witnesses:
  - {{name: 王芳, role: 安全管理员}}
  - {{name: 李强, role: 审计}}
"""


@dataclass
class _Load:
    """So many documents a second, until it is told to stop."""

    gateway: RunningGateway
    sealed: int = 0
    rate: float = 0.0
    failures: list[str] = field(default_factory=list)
    _under_way: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self, stop: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        began, number = loop.time(), 0
        async with self.gateway.client() as client:
            while not stop.is_set():
                task = asyncio.create_task(self._one(client, number))
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)
                number += 1
                # By the clock and not by the answers: what is slow does not lower the load.
                await asyncio.sleep(max(0.0, began + number / _A_SECOND - loop.time()))
            self.rate = number / (loop.time() - began)
            await asyncio.gather(*self._under_way)

    async def _one(self, client: GatewayClient, number: int) -> None:
        name = f"WB-{number}"
        try:
            await client.seal(
                submission(seal="receipt-south", idempotency_key=name, business_number=name)
            )
        except GatewayRefusedError as refused:
            self.failures.append(str(refused.problem))
        except (aiohttp.ClientError, OSError) as gone:
            self.failures.append(repr(gone))
        else:
            self.sealed += 1


@contextlib.contextmanager
def _signer_service(gateway: RunningGateway) -> Iterator[subprocess.Popen[bytes]]:
    """The signer as a service of its own, which config.yaml names from now on."""
    trial = gateway.trial
    socket = trial.directory.parent / "signer.sock"
    user = pwd.getpwuid(os.getuid()).pw_name
    service = f"  signer: {{socket: {socket}, gateway_user: {user}}}\n"
    _rewrite(trial.config_file, "  self_test_seconds:", f"{service}  self_test_seconds:")
    serve = [sys.executable, "-m", "gateway", "hsm", "serve", "-c", str(trial.config_file)]
    with (trial.directory / "signer.log").open("ab") as log:
        process = subprocess.Popen(serve, stderr=log)
        while not socket.exists():
            assert process.poll() is None
        yield process
        process.terminate()
        process.wait(30)


@pytest.fixture
def gateway(trial_template: Path, tmp_path: Path) -> Iterator[RunningGateway]:
    """One with a directory of policies, so that a change is in force without officers."""
    running = RunningGateway(copy_of(trial_template, tmp_path / "var"))
    running.start()
    yield running
    running.stop()


def _run(gateway: RunningGateway, *arguments: object) -> dict[str, Any]:
    result = gateway.run(*map(str, arguments), "--json")
    assert result.returncode == 0, result.stdout + result.stderr
    told: dict[str, Any] = json.loads(result.stdout)
    return told


def _records(gateway: RunningGateway) -> list[dict[str, Any]]:
    shown = gateway.run("audit", "show", "0", "-n", "1000000", "--json").stdout
    return [json.loads(line) for line in shown.splitlines()]


def _acts(gateway: RunningGateway) -> list[tuple[str, str]]:
    return [(each["what"], each["key"]) for each in _records(gateway) if each["kind"] == "key"]


async def _renewed(gateway: RunningGateway) -> None:
    """Have another signer started, and wait until it is there."""
    before = gateway.pid_of("hsm.signer")
    assert gateway.process is not None
    gateway.process.send_signal(signal.SIGUSR1)
    await until(lambda: gateway.pids_of("hsm.signer") not in ([], [before]))


async def test_a_seal_gets_another_key_while_a_hundred_documents_a_second_come_in(
    gateway: RunningGateway, tmp_path: Path
) -> None:
    stop, load = asyncio.Event(), _Load(gateway)
    coming_in = asyncio.create_task(load.run(stop))

    # A new key beside the old one, and its certificate.
    chain, root = await asyncio.to_thread(_certified, gateway, tmp_path)

    # The signer learns of it, without the gateway being started anew.
    _rewrite(gateway.trial.config_file, _MARK, _LINE + _MARK)
    await _renewed(gateway)

    rotating = ("hsm", "rotate", "receipt-south", chain, "--to", _NEW, "--root", root)
    told = await asyncio.to_thread(_run, gateway, *rotating)
    assert told["inForce"] is True
    assert told["oldKeyIsFree"] is True
    await asyncio.sleep(0.5)  # some more of them, with the new key
    stop.set()
    await coming_in

    assert load.failures == []
    print(f"{load.rate:.0f} documents/s came in, {load.sealed} were sealed")  # noqa: T201
    assert load.sealed >= _A_SECOND
    retired = await asyncio.to_thread(_run, gateway, "hsm", "retire", _OLD)
    assert retired["key"] == _OLD
    await until(lambda: not list((gateway.trial.directory / "state" / "key-acts").iterdir()))
    again = await asyncio.to_thread(_run, gateway, "hsm", "retire", _OLD)
    assert (retired["already"], again["already"]) == (False, True)
    old = f"{{id: {_OLD}, label: {_OLD}, mechanism: ecdsa-p256-sha256"
    _rewrite(gateway.trial.config_file, old + "}", old + ", retired: true}")
    await _renewed(gateway)
    sealed = await gateway.seal(seal="receipt-south", idempotency_key="after")
    # The container stands in the PDF in hexadecimal.
    certificate = x509.load_pem_x509_certificate(chain.read_bytes())
    written = certificate.public_bytes(Encoding.DER).hex().encode()
    assert written in sealed.content.lower()
    listed = _run(gateway, "hsm", "list")
    assert [each["id"] for each in listed["keys"]] == ["receipt-east", _NEW, "audit-log"]

    records = _records(gateway)
    keys = [each["key"] for each in records if each["kind"] == "intent"]
    assert set(keys) == {_OLD, _NEW}
    assert _acts(gateway) == [
        ("made", _NEW),
        ("request", _NEW),
        ("switched", _NEW),
        ("retired", _OLD),
    ]
    after = next(each["index"] for each in records if each.get("what") == "retired")
    assert all(each.get("key") != _OLD for each in records[after + 1 :])
    results = [each["result"] for each in records if each["kind"] == "outcome"]
    assert set(results) == {"sealed"}
    assert len(results) == len(keys) == load.sealed + 1
    assert _run(gateway, "audit", "verify")["whole"] is True


async def test_a_signer_that_is_a_service_learns_of_a_key_without_a_new_start(
    trial_template: Path, tmp_path: Path
) -> None:
    gateway = RunningGateway(copy_of(trial_template, tmp_path / "var"))
    with _signer_service(gateway) as service:
        gateway.start()
        try:
            chain, root = await asyncio.to_thread(_certified, gateway, tmp_path)
            rotating = ("hsm", "rotate", "receipt-south", chain, "--to", _NEW, "--root", root)
            _rewrite(gateway.trial.config_file, _MARK, _LINE + _MARK)

            # Too early: the gateway goes on with the old key, which is then no key to retire.
            early = gateway.run(*map(str, rotating), "--wait", "1", "--json")
            assert early.returncode == 1, early.stderr
            assert json.loads(early.stdout)["inForce"] is False
            again = gateway.run(*map(str, rotating), "--wait", "1", "--json")
            assert again.returncode == 1, again.stderr
            assert json.loads(again.stdout)["already"] is True
            assert _acts(gateway) == [("made", _NEW), ("request", _NEW)]  # the switch is not true
            refused = gateway.run("hsm", "retire", _OLD)
            assert refused.returncode == 2
            assert "in use by receipt-south" in refused.stderr
            assert (await gateway.seal(seal="receipt-south")).content

            assert gateway.process is not None
            gateway.process.send_signal(signal.SIGUSR1)
            await until(lambda: _key_in_force(gateway) == _NEW)
            assert service.poll() is None
            assert (await gateway.seal(seal="receipt-south")).content
            keys = [each["key"] for each in _records(gateway) if each["kind"] == "intent"]
            assert keys == [_OLD, _NEW]
            await until(lambda: ("switched", _NEW) in _acts(gateway))
            done = await asyncio.to_thread(_run, gateway, *rotating)
            assert (done["already"], done["inForce"], done["oldKey"]) == (True, True, _OLD)
            assert done["oldKeyIsFree"] is True
            assert _acts(gateway) == [("made", _NEW), ("request", _NEW), ("switched", _NEW)]
            state = gateway.trial.directory / "state"
            assert list((state / "key-acts").iterdir()) == []
            assert not [*gateway.trial.policies.rglob("*.new")]
        finally:
            assert gateway.stop() == 0


def _key_in_force(gateway: RunningGateway) -> str:
    policies = [each for each in _records(gateway) if each["kind"] in {"start", "policy"}]
    key: str = policies[-1]["seals"]["receipt-south"]["key"]
    return key


def _certified(gateway: RunningGateway, place: Path) -> tuple[Path, Path]:
    """Make the new key by a ceremony, and have a CA certify it; gives its chain and its root."""
    plan, chain, root = (place / each for each in ("plan.yaml", "chain.pem", "root.pem"))
    plan.write_text(_PLAN, encoding="utf-8")
    held = place / "held"
    _run(gateway, "hsm", "ceremony", plan, "-o", held)
    request = x509.load_pem_x509_csr((held / f"{_NEW}.csr.pem").read_bytes())
    authority = SealAuthority()
    public = request.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    certificate = authority.issue(public, organisation="示例物流（华南）有限公司")
    chain.write_bytes(pem(certificate, authority.below.certificate))
    root.write_bytes(pem(authority.root.certificate))
    return chain, root


def _rewrite(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
