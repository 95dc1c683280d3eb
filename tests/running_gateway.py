"""A real gateway with a real SoftHSM token, started by the test and spoken with over HTTP."""

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.options import CLIENT_KEY_ID
from gateway.cli.trial.installation import Trial
from gateway.client import GatewayClient, RequestSigner, Sealed, Submission
from gateway.clock import SystemClock

EXAMPLES = Path(__file__).parent.parent / "examples"
RECEIPT = (EXAMPLES / "receipts" / "reportlab-a4-ascii85-001.pdf").read_bytes()
_SEALGATE = [sys.executable, "-m", "gateway"]
_START_SECONDS = 60.0


@dataclass
class RunningGateway:
    """One gateway of the test's own."""

    trial: Trial
    url: str = ""
    process: "subprocess.Popen[bytes] | None" = None
    _log_start: int = field(default=0)

    @property
    def log_file(self) -> Path:
        return self.trial.directory / "gateway.log"

    def start(self) -> None:
        self._log_start = self.log_file.stat().st_size if self.log_file.exists() else 0
        with self.log_file.open("ab") as out:
            self.process = subprocess.Popen(
                [*_SEALGATE, "serve", "-c", str(self.trial.config_file)], stderr=out
            )
        self.url = self.wait_for_log("ready")["url"]

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)

    def kill_gateway(self) -> None:
        """Kill the gateway process itself, as a crash would; the keeper then leaves."""
        os.kill(self.pid_of("gateway.wiring.process"), signal.SIGKILL)
        assert self.process is not None
        self.process.wait(timeout=30)

    def pids_of(self, module: str) -> list[int]:
        """The processes below this gateway's keeper that run the module."""
        assert self.process is not None
        found = []
        for pid in descendants(self.process.pid):
            try:
                command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            except OSError:
                continue  # it ended meanwhile
            if module.encode() in command:
                found.append(pid)
        return found

    def pid_of(self, module: str) -> int:
        (pid,) = self.pids_of(module)
        return pid

    def log(self) -> list[dict[str, Any]]:
        with self.log_file.open("rb") as file:
            file.seek(self._log_start)
            lines = file.read().decode().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def wait_for_log(self, event: str, *, since: int = 0) -> dict[str, Any]:
        """The first line with that event; waits for it, and fails when the process ends first."""
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            for line in self.log()[since:]:
                if line.get("event") == event:
                    return line
            if self.process is not None and self.process.poll() is not None:
                break
            _pause()
        raise AssertionError(f"no log line {event!r}:\n{self.log_file.read_text()[-3000:]}")

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """The command line on this installation."""
        return self.run_without_config(*arguments, "-c", str(self.trial.config_file))

    def run_without_config(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """The command line, for what needs no installation."""
        return subprocess.run(
            [*_SEALGATE, *arguments],
            capture_output=True,
            text=True,
            check=False,
        )

    def signer(self, *, key_id: str = CLIENT_KEY_ID) -> RequestSigner:
        return RequestSigner.from_file(self.trial.client_key, key_id=key_id, clock=SystemClock())

    def client(self) -> GatewayClient:
        return GatewayClient(self.url, self.signer())

    def client_of(self, key: str) -> GatewayClient:
        """A client with an officer's key, written as `--key` takes it."""
        key_id, _, file = key.partition("=")
        signer = RequestSigner.from_file(Path(file), key_id=key_id, clock=SystemClock())
        return GatewayClient(self.url, signer)

    async def seal(self, **changes: Any) -> Sealed:  # noqa: ANN401 - fields of a submission
        async with self.client() as client:
            return await client.seal(submission(**changes))


def submission(**changes: Any) -> Submission:  # noqa: ANN401 - fields of a submission
    """An ordinary receipt, with changes."""
    ordinary: dict[str, Any] = {
        "document": RECEIPT,
        "seal": "receipt-east",
        "document_type": "logistics-receipt",
        "business_number": "WB-1",
        "attributes": {"amount_cents": 128000},
        "idempotency_key": os.urandom(8).hex(),
    }
    return Submission(**{**ordinary, **changes})


def _pause() -> None:
    # Waiting for another process, which gives no signal: the one place where tests poll.
    time.sleep(0.02)


async def until(condition: Any, *, seconds: float = 30.0) -> None:  # noqa: ANN401 - a callable
    """Poll another process until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        await asyncio.sleep(0.02)


def descendants(pid: int) -> list[int]:
    """The processes below one, at any depth."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue
        fields = text.rpartition(")")[2].split()
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found, waiting = [], [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


@pytest.fixture(scope="session")
def trial_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trial installation made once by `sealgate init`; copies are cheap."""
    directory = tmp_path_factory.mktemp("trial") / "var"
    subprocess.run([*_SEALGATE, "init", "-d", str(directory)], check=True, capture_output=True)
    return directory


def as_nodes(installations: Sequence[Trial], database: str, documents: Path) -> None:
    """Have installations that are copies of one share a database, a token and the documents."""
    tokens = installations[0].hsm / "tokens"
    for number, trial in enumerate(installations, 1):
        store = f"{{url: '{database}', node: seal-{number}, documents: '{documents}'}}"
        text = trial.config_file.read_text()
        trial.config_file.write_text(f"store: {store}\n{text}")
        conf = trial.hsm / "softhsm2.conf"
        conf.write_text(conf.read_text().replace(str(trial.hsm / "tokens"), str(tokens)))


def copy_of(template: Path, directory: Path, *, signed: bool = False, workers: int = 1) -> Trial:
    """A copy of an installation at another place, listening at a free port.

    Args:
        template: the installation.
        directory: where the copy goes.
        signed: whether it takes the bundle that its officers signed, as `sealgate init` makes it;
            else it reads the directory of YAML, for tests that write there what they need.
        workers: document workers, where the installation does not say it itself. Each takes more
            than a second of CPU to load, and most tests send one document at a time.
    """
    shutil.copytree(template, directory)
    for file in (
        directory / "config.yaml",
        directory / "hsm" / "softhsm2.conf",
        directory / "connectors" / "folder.yaml",
    ):
        text = file.read_text().replace(str(template), str(directory))
        file.write_text(re.sub(r"port: \d+", "port: 0", text))
    trial = Trial(directory)
    text = trial.config_file.read_text()
    if "\ndocuments:" not in text:
        trial.config_file.write_text(f"{text}documents: {{workers: {workers}}}\n")
    if not signed:
        shutil.rmtree(trial.signed.bundles)
        trial.signed.root.unlink()
        text = trial.config_file.read_text()
        with_bundles = trial.signed.configured(signed=True)
        assert with_bundles in text
        trial.config_file.write_text(
            text.replace(with_bundles, trial.signed.configured(signed=False))
        )
    return trial


@pytest.fixture(scope="module")
def shared_gateway(
    trial_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningGateway]:
    """A running gateway that the tests of a module share, and leave as they found it."""
    directory = tmp_path_factory.mktemp("shared") / "var"
    running = RunningGateway(copy_of(trial_template, directory, signed=True))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def gateway(trial_template: Path, tmp_path: Path) -> Iterator[RunningGateway]:
    """A running gateway on a fresh copy of the trial, which reads YAML as it is saved."""
    running = RunningGateway(copy_of(trial_template, tmp_path / "var"))
    running.start()
    yield running
    if running.process is not None and running.process.poll() is None:
        running.stop()


@pytest.fixture
def signed_gateway(trial_template: Path, tmp_path: Path) -> Iterator[RunningGateway]:
    """A running gateway on a fresh copy of the trial, as `sealgate init` makes it."""
    running = RunningGateway(copy_of(trial_template, tmp_path / "var", signed=True))
    running.start()
    yield running
    if running.process is not None and running.process.poll() is None:
        running.stop()
