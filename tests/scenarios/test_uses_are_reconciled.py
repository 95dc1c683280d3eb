"""The HSM's own list of uses is held against the audit log: a use beside the gateway shows."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from gateway.clock import SystemClock
from gateway.config import load_config
from gateway.keys.journal import KeyJournal
from gateway.keys.reconciled import last
from tests.chaos.installation import Installation, install
from tests.running_gateway import RunningGateway, until
from tests.signing_house import FakeClock

_SIGN = """
import sys
import pkcs11
module, pin, label, data = sys.argv[1:]
token = pkcs11.lib(module).get_token(token_label="sealgate-demo")
with token.open(user_pin=pin) as session:
    key = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=label)
    raw = pkcs11.Mechanism.ECDSA if label == "receipt-south" else pkcs11.Mechanism.EDDSA
    key.sign(bytes.fromhex(data), mechanism=raw)
"""


@dataclass
class House:
    """A gateway whose HSM lists every use."""

    installation: Installation
    running: RunningGateway

    @property
    def list(self) -> Path:
        return self.installation.shim.log_file

    def reconciled(self, *arguments: object) -> tuple[int, dict[str, Any]]:
        given = arguments or (self.list,)
        result = self.running.run("hsm", "reconcile", *map(str, given), "--json")
        assert result.stdout, result.stderr
        return result.returncode, json.loads(result.stdout)

    def sign_beside_the_gateway(self, label: str, data: bytes) -> None:
        """As somebody would who has the PIN and another program."""
        trial, shim = self.installation.trial, self.installation.shim
        environment = {
            "SOFTHSM2_CONF": str(trial.hsm / "softhsm2.conf"),
            **{name: str(path) for name, path in shim.environment.items()},
        }
        pin = trial.pin_file.read_text(encoding="ascii").strip()
        subprocess.run(
            [sys.executable, "-c", _SIGN, str(shim.module), pin, label, data.hex()],
            env=environment,
            check=True,
        )


@pytest.fixture(scope="module")
def sealed(trial_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One that has sealed, and asked for a certificate, and whose signer was started again."""
    installation = install(trial_template, tmp_path_factory.mktemp("uses") / "var")
    running = RunningGateway(installation.trial)
    running.start()
    yield House(installation, running)
    running.stop()


async def test_all_that_the_gateway_did_is_explained(sealed: House, tmp_path: Path) -> None:
    for seal in ("receipt-east", "receipt-south", "receipt-east"):
        await sealed.running.seal(seal=seal)
    asked = sealed.running.run("hsm", "csr", "receipt-east", "-o", str(tmp_path / "east.pem"))
    assert asked.returncode == 0, asked.stderr
    notes = sealed.running.trial.directory / "state" / "key-acts"
    await until(lambda: not list(notes.iterdir()))
    assert sealed.running.run("hsm", "list").returncode == 0
    code, told = sealed.reconciled()
    assert (code, told["findings"]) == (0, [])
    assert (told["seals"], told["requests"]) == (3, 1)
    assert told["heads"] >= 1
    assert told["tests"] >= 3
    assert told["uses"] == told["seals"] + told["requests"] + told["heads"] + told["tests"]


@pytest.mark.parametrize(
    ("label", "data"),
    [
        ("receipt-south", bytes(range(32))),
        ("audit-log", b"sealgate-demo.example/audit\n3\n" + b"A" * 43 + b"=\n"),
        ("audit-log", b"a message"),
    ],
)
async def test_a_use_beside_the_gateway_is_found_with_its_line(
    sealed: House, label: str, data: bytes
) -> None:
    await sealed.running.seal(seal="receipt-south")
    before = sealed.list.read_bytes()
    try:
        sealed.sign_beside_the_gateway(label, data)
        code, told = sealed.reconciled()
        line = next(
            number
            for number, text in enumerate(sealed.list.read_text().splitlines(), start=1)
            if data.hex() in text
        )
        printed = sealed.running.run("hsm", "reconcile", str(sealed.list))
    finally:
        # What was used besides would be found by the tests that follow.
        kept = [
            each
            for each in sealed.list.read_bytes().splitlines(keepends=True)
            if data.hex().encode() not in each
        ]
        sealed.list.write_bytes(b"".join(kept))
    assert before != b""
    assert code == 1
    (finding,) = told["findings"]
    assert (finding["name"], finding["key"]) == ("use-outside-the-gateway", label)
    assert finding["what"].startswith(f"{sealed.list}:{line}: ")
    kept_found = last(load_config(sealed.running.trial.config_file).reconciliation)
    assert kept_found is not None
    assert kept_found.findings == {"use-outside-the-gateway": 1}
    assert printed.returncode == 1
    assert "use-outside-the-gateway" in printed.stderr
    assert "find out who else has the PIN" in printed.stderr


async def test_a_list_with_a_gap_is_no_proof(sealed: House, tmp_path: Path) -> None:
    documents = [await sealed.running.seal(seal="receipt-south") for _ in range(3)]
    shown = sealed.running.run("audit", "show", "0", "-n", "9999", "--json").stdout
    intents = [
        each
        for each in map(json.loads, shown.splitlines())
        if each["kind"] == "intent" and each["document"] == documents[1].document_id
    ]
    part = tmp_path / "part.jsonl"
    shutil.copy(sealed.list, part)
    kept = [
        line for line in part.read_text().splitlines() if intents[0]["to_be_signed"] not in line
    ]
    part.write_text("\n".join(kept), encoding="utf-8")
    code, told = sealed.reconciled(part)
    assert code == 1
    (finding,) = told["findings"]
    assert finding["name"] == "use-missing"
    assert documents[1].document_id in finding["what"]


async def test_numbers_alone_tell_too_many_and_too_few(sealed: House, tmp_path: Path) -> None:
    await sealed.running.seal(seal="receipt-south")
    shown = sealed.running.run("audit", "show", "0", "-n", "9999", "--json").stdout
    records = [json.loads(line) for line in shown.splitlines()]
    of_keys = [each["key"] for each in records if each["kind"] == "intent"]
    intents, east = of_keys.count("receipt-south"), of_keys.count("receipt-east")
    file = tmp_path / "counts.yaml"
    for uses, code, name in (
        (intents + 7, 0, None),
        (intents + 8, 1, "use-outside-the-gateway"),
        (intents + 6, 1, "use-missing"),
    ):
        counts = f"{{receipt-south: {uses}, receipt-east: {east}}}"
        file.write_text(f"counts: {counts}\ntests: {{receipt-south: 7}}\n", encoding="utf-8")
        assert sealed.reconciled("--counts", file)[0] == code
        findings = sealed.reconciled("--counts", file)[1]["findings"]
        assert [each["name"] for each in findings] == ([] if name is None else [name])


async def test_a_key_that_nobody_configured_is_told_unless_it_is_anothers(
    sealed: House, tmp_path: Path
) -> None:
    file = tmp_path / "uses.jsonl"
    theirs = '{"key": "payroll", "data": "00ff"}\n'
    file.write_text(sealed.list.read_text(encoding="utf-8") + theirs, encoding="utf-8")
    code, told = sealed.reconciled(file)
    assert code == 1
    assert [(each["name"], each["key"]) for each in told["findings"]] == [
        ("use-of-unknown-key", "payroll")
    ]
    code, told = sealed.reconciled(file, "--other", "payroll")
    assert (code, told["others"]) == (0, 1)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("nonsense", "malformed"),
        ('{"key": "receipt-east", "data": "abc"}', "not hexadecimal"),
        ('{"key": 5, "data": "ab"}', "Expected `str"),
        ('{"call": "C_SignFinal", "key": "receipt-east"}', "another use of a key"),
        ('{"call": "C_Decrypt", "key": "receipt-east", "data": "ab"}', "another use of a key"),
        ('{"call": "SIGN", "key": "receipt-east", "data": "ab"}', "no call that is known"),
    ],
)
def test_a_line_that_is_not_understood_is_no_clean_bill(
    sealed: House, tmp_path: Path, line: str, told: str
) -> None:
    file = tmp_path / "uses.jsonl"
    file.write_text(f"{line}\n", encoding="utf-8")
    result = sealed.running.run("hsm", "reconcile", str(file))
    assert result.returncode == 2
    assert f"{file}:1" in result.stderr
    assert told in result.stderr


async def test_counts_that_leave_a_key_out_are_no_clean_bill(sealed: House, tmp_path: Path) -> None:
    await sealed.running.seal()
    file = tmp_path / "counts.yaml"
    file.write_text("counts: {receipt-south: 0}\n", encoding="utf-8")
    code, told = sealed.reconciled("--counts", file)
    assert code == 1
    assert ("use-missing", "receipt-east") in {
        (each["name"], each["key"]) for each in told["findings"]
    }


async def test_a_list_without_a_use_is_no_clean_bill(sealed: House, tmp_path: Path) -> None:
    """A collector that died writes nothing any more."""
    await sealed.running.seal()
    nothing = tmp_path / "uses.jsonl"
    nothing.write_text("", encoding="utf-8")
    code, told = sealed.reconciled(nothing)
    assert code == 1
    assert {each["name"] for each in told["findings"]} == {"use-missing"}


async def test_a_note_that_is_none_of_ours_stays_and_holds_no_other_up(sealed: House) -> None:
    folder = sealed.running.trial.directory / "state" / "key-acts"
    strange = folder / "0.act.json"
    strange.write_text('{"what": "nothing that we do"}', encoding="utf-8")
    journal = KeyJournal(folder, clock=SystemClock())
    journal.note("made", key="receipt-2030", public_key="ab" * 32)
    await until(lambda: list(folder.iterdir()) == [strange])
    refused = [each for each in sealed.running.log() if each["event"] == "key_act_refused"]
    assert [each["file"] for each in refused] == [str(strange)]  # told once
    strange.unlink()


async def test_a_record_that_uses_a_retired_key_is_found(sealed: House) -> None:
    folder = sealed.running.trial.directory / "state" / "key-acts"
    journal = KeyJournal(folder, clock=SystemClock())
    journal.note("retired", key="receipt-east", public_key="ab" * 32)
    await until(lambda: not list(folder.iterdir()))
    assert sealed.reconciled()[0] == 0
    before = SystemClock().now()
    await sealed.running.seal(seal="receipt-east")
    code, told = sealed.reconciled()
    assert code == 1
    (finding,) = told["findings"]
    assert (finding["name"], finding["key"]) == ("retired-key-used", "receipt-east")
    assert sealed.running.run("hsm", "retire", "receipt-east").returncode == 2  # a seal has it

    # But not where the seal was about to have it again: the record of a switch follows the switch.
    file = sealed.running.trial.policies / "certificates" / "receipt-east.pem"
    leaf = x509.load_pem_x509_certificates(file.read_bytes())[0]
    KeyJournal(folder, clock=FakeClock(before)).note_switch(
        "receipt-east",
        key="receipt-east",
        public_key="ab" * 32,
        certificate=leaf.fingerprint(SHA256()).hex(),
        previous="receipt-2030",
    )
    await until(lambda: not list(folder.iterdir()))
    assert sealed.reconciled()[0] == 0
