"""`sealgate hsm unseal` with a service whose two tokens wait for an operator."""

import json
import os
import pwd
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.replica_tokens import restored_token
from tests.unit.cli.conftest import CommandLine

_SEALGATE = [sys.executable, "-m", "gateway"]


@pytest.fixture
def waiting(sealgate: CommandLine, tmp_path: Path) -> Iterator[CommandLine]:
    """The service, which has no PIN yet."""
    trial = sealgate.trial
    replica = restored_token(trial, tmp_path / "replica") | {"pin": {"ask": True}}
    service = {
        "socket": str(tmp_path / "signer.sock"),
        "unseal_socket": str(tmp_path / "unseal.sock"),
        "gateway_user": pwd.getpwuid(os.getuid()).pw_name,
        "operators": "root",
    }
    further = f"  replicas: {json.dumps([replica])}\n  signer: {json.dumps(service)}\n"
    sealgate.configure("  token_label:", f"{further}  token_label:")
    sealgate.configure(f"file: {trial.pin_file}", "ask: true")
    serving = subprocess.Popen([*_SEALGATE, "hsm", "serve", "-c", str(trial.config_file)])
    while not (tmp_path / "unseal.sock").exists():
        assert serving.poll() is None
    yield sealgate
    serving.terminate()
    assert serving.wait(20) == 0


def _unseal(
    sealgate: CommandLine, said: str, *arguments: str
) -> "subprocess.CompletedProcess[str]":
    config = str(sealgate.trial.config_file)
    return subprocess.run(
        [*_SEALGATE, "hsm", "unseal", *arguments, "-c", config],
        input=said,
        capture_output=True,
        text=True,
        check=False,
    )


def test_each_token_that_waits_is_asked_for_line_by_line(waiting: CommandLine) -> None:
    pin = waiting.trial.pin_file.read_text().strip()
    first = _unseal(waiting, f"no such pin\n{pin}\n")
    assert first.returncode == 1
    assert "sealgate-demo (1): " in first.stderr
    assert "sealgate-demo (2): the token took the PIN" in first.stdout

    again = _unseal(waiting, f"{pin}\n", "--token", "sealgate-demo (1)")
    assert again.returncode == 0, again.stderr
    assert again.stdout == "the token took the PIN; the gateway can sign now\n"


def test_a_token_that_is_not_configured_is_not_asked_for(waiting: CommandLine) -> None:
    result = _unseal(waiting, "1234\n", "--token", "west")
    assert result.returncode == 2
    assert "no token called 'west' waits for a PIN" in result.stderr
