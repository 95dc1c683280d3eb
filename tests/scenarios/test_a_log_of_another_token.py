"""A state whose log the token cannot sign for: nothing is sealed, and everybody says why."""

import json
from pathlib import Path

import pytest

from gateway.audit.checkpoint import LogKey
from gateway.config import load_config
from tests.running_gateway import RunningGateway, copy_of


def test_no_gateway_starts_on_it_and_the_doctor_finds_it(
    trial_template: Path, tmp_path: Path
) -> None:
    running = RunningGateway(copy_of(trial_template, tmp_path / "var"))
    config = load_config(running.trial.config_file)
    # As a backup of another installation brings it that has the same name.
    own = config.log_key_file.read_text(encoding="utf-8")
    config.log_key_file.write_text(LogKey(config.audit.origin, bytes(32)).encoded())

    with pytest.raises(AssertionError, match="no log line 'ready'"):
        running.start()
    said = running.wait_for_log("cannot_serve")
    assert said["kind"] == "OtherLogKeyError"
    assert "restore the right backup" in said["error"]
    assert running.process is not None
    assert running.process.wait() == 1

    examined = running.run("doctor", "--json")
    assert examined.returncode == 1
    (finding,) = (
        each for each in json.loads(examined.stdout)["findings"] if each["part"] == "audit log key"
    )
    assert (finding["state"], finding["owner"]) == ("failed", "it")
    assert "restore" in finding["cure"]

    config.log_key_file.write_text(own)
    running.start()
    assert running.stop() == 0
