"""`sealgate hsm` on a real SoftHSM token."""

import hashlib
import json
import shutil
from pathlib import Path

from hsm.interfaces import KeyDescription
from tests.replica_tokens import restored_token
from tests.unit.cli.conftest import CommandLine


def test_keys_are_listed_with_what_the_token_says_of_them(
    sealgate: CommandLine, keys: tuple[KeyDescription, ...]
) -> None:
    result = sealgate("hsm", "list")
    assert result.exit_code == 0, result.output
    assert "token sealgate-demo" in result.stdout
    assert "rsa-pkcs1-sha256, 2048 bits, purpose seal" in result.stdout
    assert "ed25519, 256 bits, purpose checkpoint" in result.stdout
    assert result.stdout.count("never extractable") == 3
    for key in keys:
        assert hashlib.sha256(key.public_key).hexdigest() in result.stdout


def test_keys_can_be_listed_while_the_gateway_runs(on_running: CommandLine) -> None:
    result = on_running("hsm", "list", "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert [key["id"] for key in report["keys"]] == ["receipt-east", "receipt-south", "audit-log"]
    assert all(key["local"] and key["sensitive"] for key in report["keys"])


def test_every_key_signs_and_its_rate_is_told(sealgate: CommandLine) -> None:
    result = sealgate("hsm", "test", "--seconds", "0.05", "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report["ok"] is True
    assert [key["id"] for key in report["keys"]] == ["receipt-east", "receipt-south", "audit-log"]
    for key in report["keys"]:
        assert key["signatures"] >= 1
        assert key["perSecond"] > 0
        assert key["error"] is None


def test_a_person_reads_signatures_per_second(sealgate: CommandLine) -> None:
    result = sealgate("hsm", "test", "--seconds", "0.05")
    assert result.exit_code == 0, result.output
    assert result.stdout.count("signatures/s from 4 sessions") == 3


def test_a_wrong_pin_is_told_and_exits_with_2(sealgate: CommandLine) -> None:
    sealgate.trial.pin_file.write_text("000000000000", encoding="ascii")
    for command in ("list", "test"):
        result = sealgate("hsm", command)
        assert result.exit_code == 2
        assert "refused the PIN" in result.stderr


def test_a_key_that_is_not_on_the_token_is_named(sealgate: CommandLine) -> None:
    sealgate.configure("label: receipt-south", "label: receipt-north")
    for command in ("list", "test"):
        result = sealgate("hsm", command)
        assert result.exit_code == 2
        assert "no private key labelled 'receipt-north'" in result.stderr


def test_a_missing_module_is_told(sealgate: CommandLine) -> None:
    sealgate.configure("libsofthsm2.so", "libnothing.so")
    result = sealgate("hsm", "test")
    assert result.exit_code == 2
    assert "cannot be loaded" in result.stderr


# Replicas


def _replica(sealgate: CommandLine, place: Path) -> None:
    replicas = json.dumps([restored_token(sealgate.trial, place)])
    sealgate.configure("  token_label:", f"  replicas: {replicas}\n  token_label:")


def test_a_replica_proves_that_it_holds_the_same_keys(
    sealgate: CommandLine, tmp_path: Path
) -> None:
    _replica(sealgate, tmp_path / "replica")
    result = sealgate("hsm", "list")
    assert result.exit_code == 0, result.output
    assert "replica sealgate-demo (2): holds the same keys, and signs with each" in result.stdout
    report = json.loads(sealgate("hsm", "list", "--json").stdout)
    assert report["replicas"] == [{"token": "sealgate-demo (2)", "ok": True, "error": None}]


def test_a_replica_that_is_away_is_told_and_exits_with_1(
    sealgate: CommandLine, tmp_path: Path
) -> None:
    _replica(sealgate, tmp_path / "replica")
    shutil.rmtree(tmp_path / "replica" / "tokens")
    result = sealgate("hsm", "list")
    assert result.exit_code == 1
    assert "replica sealgate-demo (2): WOULD NOT SERVE" in result.stdout
