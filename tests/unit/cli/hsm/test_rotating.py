"""`sealgate hsm rotate` on a real SoftHSM token: killed at any step, it is simply run again."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.seals.in_force import read_sources
from policies.loader import load_bundle
from tests.seal_authority import SealAuthority, pem
from tests.unit.cli.conftest import CommandLine, rewrite

_EXAMPLE = Path(__file__).parents[4] / "examples" / "ceremony.yaml"
_SEAL, _OLD, _NEW = "receipt-south", "receipt-south", "receipt-south-2027"
_MARK = "    - {id: audit-log"
_KILLED = 9
_KILL = """
import os, sys
from pathlib import Path
left = int(sys.argv.pop(1))
def counted(act):
    def do(*arguments, **options):
        global left
        if left == 0:
            os._exit(9)
        left -= 1
        return act(*arguments, **options)
    return do
os.link, Path.replace = counted(os.link), counted(Path.replace)
from gateway.cli.app import app
app()
"""


@pytest.fixture
def rotating(sealgate: CommandLine, tmp_path: Path) -> list[str]:
    """The words of a rotation for which all is there."""
    plan, chain, root = (tmp_path / each for each in ("plan.yaml", "chain.pem", "root.pem"))
    plan.write_bytes(_EXAMPLE.read_bytes())
    rewrite(plan, "token: seals", "token: sealgate-demo")
    rewrite(plan, "bits: 3072", "bits: 2048")  # quicker to make
    held = tmp_path / "held"
    result = sealgate("hsm", "ceremony", plan, "--out", held)
    assert result.exit_code == 0, result.output
    key = f"    - {{id: {_NEW}, label: {_NEW}, mechanism: ecdsa-p256-sha256}}\n"
    sealgate.configure(_MARK, key + _MARK)
    request = x509.load_pem_x509_csr((held / f"{_NEW}.csr.pem").read_bytes())
    authority = SealAuthority()
    public = request.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    leaf = authority.issue(public, organisation="示例物流（华南）有限公司")
    chain.write_bytes(pem(leaf, authority.below.certificate))
    root.write_bytes(pem(authority.root.certificate))
    return ["hsm", "rotate", _SEAL, str(chain), "--to", _NEW, "--root", str(root), "--wait", "0"]


def _killed(sealgate: CommandLine, words: list[str], *, after: int) -> None:
    config = ("--config", str(sealgate.trial.config_file))
    ended = subprocess.run(
        [sys.executable, "-c", _KILL, str(after), *words, *config],
        check=False,
        timeout=120,
        capture_output=True,
    )
    assert ended.returncode == _KILLED, ended.stderr


def _switches(sealgate: CommandLine) -> list[dict[str, Any]]:
    notes = sorted(sealgate.config.key_acts.glob("*.act.json"))
    acts = [json.loads(each.read_text(encoding="utf-8")) for each in notes]
    return [each for each in acts if each["what"] == "switched"]


def _unfinished(sealgate: CommandLine) -> list[Path]:
    return [*sealgate.trial.directory.rglob("*.new")]


def test_killed_at_any_step_it_goes_on_and_notes_the_switch_once(
    sealgate: CommandLine, rotating: list[str]
) -> None:
    # The note; then the certificate; then the second name of the YAML; then the YAML.
    for acts, unfinished in ((0, 1), (1, 1), (1, 0), (1, 1)):
        _killed(sealgate, rotating, after=acts)
        assert len(_unfinished(sealgate)) == unfinished
        sources = read_sources(sealgate.trial.policies)
        assert load_bundle(sources).seals[_SEAL].key == _OLD
    result = sealgate(*rotating, "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["already"], told["oldKey"], told["oldKeyIsFree"]) == (False, _OLD, True)
    assert load_bundle(read_sources(sealgate.trial.policies)).seals[_SEAL].key == _NEW
    (switch,) = _switches(sealgate)
    assert (switch["key"], switch["previous"], switch["seal"]) == (_NEW, _OLD, _SEAL)
    assert _unfinished(sealgate) == []


def test_after_the_last_step_it_says_that_it_is_done(
    sealgate: CommandLine, rotating: list[str], tmp_path: Path
) -> None:
    assert sealgate(*rotating).exit_code == 0
    files = {each: each.read_bytes() for each in sealgate.trial.policies.rglob("*.*")}
    certificates = sealgate.trial.policies / "certificates"
    (certificates / f".{_SEAL}.{_NEW}.pem.01234567.new").touch()  # by one that was killed
    again = sealgate(*rotating, "--json")
    assert again.exit_code == 0, again.output
    told = json.loads(again.stdout)
    assert (told["ok"], told["already"], told["oldKey"]) == (True, True, _OLD)
    assert told["oldKeyIsFree"] is True
    assert {each: each.read_bytes() for each in sealgate.trial.policies.rglob("*.*")} == files
    assert len(_switches(sealgate)) == 1

    said = sealgate(*rotating)
    assert said.exit_code == 0
    assert "already" in said.stdout
    assert f"sealgate hsm retire {_OLD}" in said.stdout

    # Another certificate for the key that the seal has is another command's.
    other = tmp_path / "other.pem"
    authority = SealAuthority()
    leaf = x509.load_pem_x509_certificate(Path(rotating[3]).read_bytes()).public_key()
    public = leaf.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    renewed = authority.issue(public, organisation="示例物流（华南）有限公司")
    other.write_bytes(pem(renewed, authority.below.certificate))
    root = tmp_path / "other-root.pem"
    root.write_bytes(pem(authority.root.certificate))
    words = [str(other) if each == rotating[3] else each for each in rotating]
    words[words.index("--root") + 1] = str(root)
    refused = sealgate(*words)
    assert refused.exit_code == 2
    assert "import-certificate" in refused.stderr


def test_who_has_replicas_is_told_of_the_same_signal(
    sealgate: CommandLine, rotating: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.cli.hsm.rotate.keys_in_force", lambda _config: {})
    rotating[-1] = "0.01"
    alone = sealgate(*rotating)
    assert alone.exit_code == 1, alone.output
    assert "USR1" in alone.stdout
    hsm = sealgate.config.hsm
    other = f"{{module: {hsm.module}, token_label: other, pin: {{file: {hsm.pin.file}}}}}"
    # Nobody asks it here.
    sealgate.configure("  self_test_seconds:", f"  replicas: [{other}]\n  self_test_seconds:")
    replicated = sealgate(*rotating)
    assert replicated.exit_code == 1, replicated.output
    assert "USR1" in replicated.stdout
    retired = sealgate("hsm", "retire", _OLD)
    assert retired.exit_code == 0, retired.output
    assert "USR1" in retired.stdout


def test_a_key_is_retired_once_however_often_that_is_said(
    sealgate: CommandLine, rotating: list[str]
) -> None:
    assert sealgate(*rotating).exit_code == 0
    first, again = (sealgate("hsm", "retire", _OLD, "--json") for _ in range(2))
    assert (first.exit_code, again.exit_code) == (0, 0), again.output
    told = [json.loads(each.stdout) for each in (first, again)]
    assert [each.pop("already") for each in told] == [False, True]
    assert told[0] == told[1]
    assert len(_retirements(sealgate)) == 1

    # Once it stands in the configuration, no token is asked for it any more.
    old = f"{{id: {_OLD}, label: {_OLD}, mechanism: ecdsa-p256-sha256"
    sealgate.configure(old + "}", old + ", retired: true}")
    late = sealgate("hsm", "retire", _OLD)
    assert late.exit_code == 0, late.output
    assert "was retired before; nothing was recorded now" in late.stdout
    assert told[0]["publicKeySha256"] in late.stdout
    assert len(_retirements(sealgate)) == 1


def _retirements(sealgate: CommandLine) -> list[Path]:
    notes = sealgate.config.key_acts.glob("*.act.json")
    return [each for each in notes if json.loads(each.read_bytes())["what"] == "retired"]
