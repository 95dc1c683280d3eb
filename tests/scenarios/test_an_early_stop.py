"""Ctrl-C in the first moments of a command: one line, the exit code for it, and no trace."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running_gateway import RunningGateway, copy_of, until

_INTERRUPTED_WHILE_LOADING = """
import sys, types
def interrupt(name):
    raise KeyboardInterrupt
sys.modules["gateway.cli.app"] = app = types.ModuleType("app")
app.__getattr__ = interrupt
from gateway.__main__ import main
main()
"""


def test_while_a_command_is_loaded() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _INTERRUPTED_WHILE_LOADING],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ended.returncode, ended.stderr) == (130, "interrupted\n")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
async def test_while_the_gateway_is_loaded(
    trial_template: Path, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    running = RunningGateway(copy_of(trial_template, tmp_path / "var"))
    words = [sys.executable, "-m", "gateway", "serve", "-c", str(running.trial.config_file)]
    with running.log_file.open("ab") as out:
        running.process = process = subprocess.Popen(words, stderr=out)
    await until(lambda: running.pids_of("gateway.wiring.process"))
    process.send_signal(number)
    assert process.wait(30) == code
    said = running.log_file.read_text(encoding="utf-8")
    assert "Traceback" not in said
    assert said.splitlines()[-1:] == ["stopped before the gateway was ready"]
    assert '"ready"' not in said
