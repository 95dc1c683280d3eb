"""Whatever runs in the gateway or in a document worker can read neither the PIN nor a key."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from processes import landlock
from processes.confinement import landlock_available
from tests.running_gateway import RunningGateway, copy_of, until
from tests.scenarios import probe_of_secrets
from tests.scenarios.probe_of_secrets import GATEWAY, SIGNER, WORKER

NOT_HERE = (
    "this kernel has no Landlock, so nothing was proved: run the tests on Linux 5.13 or newer with "
    "landlock among the lsm= of its command line"
)


@pytest.fixture(scope="module")
def probed(
    trial_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningGateway]:
    """A gateway that demands confinement, and in whose processes the probe has run."""
    assert landlock_available(), NOT_HERE
    trial = copy_of(trial_template, tmp_path_factory.mktemp("secrets") / "var")
    with trial.config_file.open("a") as config:
        config.write("processes:\n  require_confinement: true\n")
    probe = trial.directory / "state" / "probe"
    probe.mkdir(parents=True)
    shutil.copy(probe_of_secrets.__file__, probe / "sitecustomize.py")
    (probe / "to-the-pin").symlink_to(trial.pin_file)
    running = RunningGateway(trial)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(probe))
        running.start()
    yield running
    running.stop()


def pin_of(gateway: RunningGateway) -> bytes:
    return gateway.trial.pin_file.read_bytes().strip()


async def told_by(gateway: RunningGateway, name: str) -> dict[str, Any]:
    folder = gateway.trial.directory / "state" / "probe"
    await until(lambda: list(folder.glob(f"{name}*.json")))
    told: dict[str, Any] = json.loads(next(folder.glob(f"{name}*.json")).read_text())
    return told


def check_refusals(told: dict[str, Any]) -> None:
    refused = dict(told["refused"])
    assert {"read the PIN", "list the tokens", "read through a symlink"} <= refused.keys()
    if not Path("/proc/kcore").exists():
        assert refused.pop("read the kernel's memory") == "FileNotFoundError"
    if landlock.abi() < 3:
        refused.pop("truncate the PIN")  # older kernels let it destroy what it cannot read
    if landlock.abi() < 6:
        refused = {what: how for what, how in refused.items() if not what.startswith("signal")}
    # EXDEV (OSError) is the kernel's word for a move across directories that it forbids.
    moved = {refused.pop(what) for what in list(refused) if what.endswith("here")}
    assert moved <= {"PermissionError", "OSError"}
    assert refused == dict.fromkeys(refused, "PermissionError")


async def test_the_gateway_itself_is_refused_every_secret(probed: RunningGateway) -> None:
    assert probed.wait_for_log("ready")["confined"] is True
    told = await told_by(probed, "gateway")
    assert {"trace the signer", "read the keeper's memory"} <= told["refused"].keys()
    check_refusals(told)
    assert len(probed.trial.pin_file.read_bytes()) > 4


async def test_what_the_gateway_needs_it_can_read(probed: RunningGateway) -> None:
    told = await told_by(probed, "gateway")
    assert told["allowed"] == dict.fromkeys(told["allowed"], "done")


async def test_a_document_worker_is_refused_them_from_its_first_moment(
    probed: RunningGateway,
) -> None:
    check_refusals(await told_by(probed, "worker"))


async def test_neither_has_privileges_to_get_around_it(probed: RunningGateway) -> None:
    for name in ("gateway", "worker"):
        status = dict(
            line.split(":\t", 1)
            for line in (await told_by(probed, name))["status"].splitlines()
            if ":\t" in line
        )
        assert status["NoNewPrivs"] == "1"
        # But to write for the service's user (CAP_DAC_OVERRIDE) and to listen at a low port.
        assert int(status["CapEff"], 16) & ~(1 << 1 | 1 << 10) == 0


async def test_the_pin_is_in_no_processs_environment_or_command_line_nor_in_any_log(
    probed: RunningGateway,
) -> None:
    await told_by(probed, "gateway")
    assert probed.process is not None
    pids = [probed.process.pid, *(p for m in (GATEWAY, SIGNER, WORKER) for p in probed.pids_of(m))]
    assert len(pids) >= 4
    pin = pin_of(probed)
    for pid in pids:
        for place in ("environ", "cmdline", "comm"):
            assert pin not in Path(f"/proc/{pid}/{place}").read_bytes(), (pid, place)
    assert pin not in probed.log_file.read_bytes()


async def test_documents_are_sealed_all_the_same(probed: RunningGateway) -> None:
    assert (await probed.seal()).content.startswith(b"%PDF")


def test_a_pin_within_the_gateways_reach_keeps_it_from_starting(
    trial_template: Path, tmp_path: Path
) -> None:
    assert landlock_available(), NOT_HERE
    trial = copy_of(trial_template, tmp_path / "var")
    within = trial.directory / "state" / "pin"
    trial.pin_file.rename(within)
    text = trial.config_file.read_text().replace(str(trial.pin_file), str(within))
    trial.config_file.write_text(text + "processes:\n  require_confinement: true\n")
    running = RunningGateway(trial)

    with pytest.raises(AssertionError, match="no log line 'ready'"):
        running.start()

    said = running.wait_for_log("cannot_serve")
    assert said["kind"] == "ConfinementError"
    assert f"it could still read {within}" in said["error"]
    assert running.process is not None
    assert running.process.wait() == 1
