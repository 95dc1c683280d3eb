"""`sealgate backup`: what it says, and its exit codes."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from tests.running_gateway import RunningGateway
from tests.unit.cli.conftest import CommandLine


def _backed_up(on: CommandLine, directory: Path) -> Path:
    done = on("backup", "create", "--to", directory, "--json")
    assert done.exit_code == 0, done.stderr
    return Path(json.loads(done.stdout)["path"])


def test_a_running_gateway_is_backed_up_and_told_what_is_left_to_its_operator(
    on_running: CommandLine, tmp_path: Path
) -> None:
    done = on_running("backup", "create", "--to", tmp_path, "--keep", "1")
    assert done.exit_code == 0, done.stderr
    assert "backed up" in done.stdout
    assert "use the HSM's own backup" in done.stdout
    assert "log key" in done.stdout
    listed = json.loads(on_running("backup", "list", tmp_path, "--json").stdout)
    assert [set(each) >= {"records", "documents", "version"} for each in listed] == [True]
    assert on_running("backup", "verify", tmp_path).exit_code == 0


def test_one_that_does_not_verify_ends_with_one_and_is_not_put_back(
    on_running: CommandLine, tmp_path: Path
) -> None:
    path = _backed_up(on_running, tmp_path)
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)
    for words in (("verify", path), ("restore", path)):
        done = on_running("backup", *words)
        assert done.exit_code == 1, done.output
        assert "not whole" in done.stderr
    path.write_bytes(b"")
    assert "unreadable" in on_running("backup", "list", tmp_path).stdout
    (listed,) = json.loads(on_running("backup", "list", tmp_path, "--json").stdout)
    assert "cut off" in listed["wrong"] or "no backup" in listed["wrong"]


def test_over_a_gateway_that_runs_nothing_is_put_back(
    on_running: CommandLine, tmp_path: Path
) -> None:
    done = on_running("backup", "restore", _backed_up(on_running, tmp_path))
    assert done.exit_code == 2
    assert "another gateway" in done.stderr


def test_without_config_yaml_the_way_to_it_is_told(on_running: CommandLine, tmp_path: Path) -> None:
    path = _backed_up(on_running, tmp_path)
    done = on_running("backup", "restore", path, "--config", tmp_path / "config.yaml")
    assert done.exit_code == 2
    assert f"tar -xOf {path} configuration/config.yaml" in done.stderr


def test_a_newer_backup_beside_it_is_told(
    on_running: CommandLine, running: RunningGateway, signed: CommandLine, tmp_path: Path
) -> None:
    first = _backed_up(on_running, tmp_path)
    before = shutil.move(first, tmp_path / "sealgate-other-20200101T000000Z.tar")
    asyncio.run(running.seal())
    newer = _backed_up(on_running, tmp_path)
    shutil.rmtree(signed.trial.directory / "state")
    done = signed("backup", "restore", before)
    assert done.exit_code == 0, done.stderr
    assert "a newer backup is here" in done.stderr
    assert newer.name in done.stderr.replace("\n", "")
    assert "What came after it is not here" in done.stdout


def test_a_backup_of_another_token_is_refused_and_one_whose_token_is_silent_is_told(
    on_running: CommandLine, signed: CommandLine, tmp_path: Path
) -> None:
    path = _backed_up(on_running, tmp_path)
    plan = tmp_path / "plan.yaml"
    plan.write_text(_ANOTHER_KEY, encoding="utf-8")
    made = signed("hsm", "ceremony", plan, "--out", tmp_path / "held")
    assert made.exit_code == 0, made.output
    shutil.rmtree(signed.trial.directory / "state")
    pin = signed.trial.pin_file.read_text()
    signed.configure("label: audit-log", "label: other-log")
    done = signed("backup", "restore", path)
    assert done.exit_code == 2, done.output
    assert "the backup of another installation" in done.stderr
    assert not signed.config.log_key_file.exists()

    signed.configure("label: other-log", "label: audit-log")
    signed.trial.pin_file.unlink()
    done = signed("backup", "restore", path)
    assert done.exit_code == 0, done.output
    assert "not compared with the token" in done.stderr
    assert pin not in done.output

    signed.trial.pin_file.touch(mode=0o600)
    signed.trial.pin_file.write_text(pin)
    shutil.rmtree(signed.trial.directory / "state")
    done = signed("backup", "restore", path, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["logKeyIsTheTokens"] is True


_ANOTHER_KEY = """
ceremony: another log's key
token: sealgate-demo
keys:
  - id: other-log
    label: other-log
    mechanism: ed25519
    sensitive: true
    non_extractable: true
    sign_only: true
witnesses:
  - {name: 王芳, role: 安全管理员}
  - {name: 李强, role: 审计}
"""


def test_where_there_is_none_it_is_told(
    sealgate: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert sealgate("backup", "list", tmp_path).exit_code == 1
    assert sealgate("backup", "verify", tmp_path).exit_code == 2
    done = sealgate("backup", "create", "--to", tmp_path)
    assert done.exit_code == 2
    assert "nothing was recorded yet" in done.stderr
