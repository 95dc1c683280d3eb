"""A trial installation, a gateway running on it, and a receipt that it sealed."""

import asyncio
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.cli.app import app
from gateway.cli.hsm.key_facts import ask_signer
from gateway.cli.trial.installation import Trial
from gateway.config import Config, load_config
from hsm.interfaces import KeyDescription
from tests.hsm_fixtures import soft_token, soft_token_original
from tests.running_gateway import RunningGateway, copy_of

__all__ = ["soft_token", "soft_token_original"]


class CommandLine:
    """The commands on one installation."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial

    def __call__(self, *arguments: str | Path) -> Result:
        """Run in this process; stdout and stderr are apart."""
        return CliRunner().invoke(
            app, [*map(str, arguments)], env={"SEALGATE_CONFIG": str(self.trial.config_file)}
        )

    @property
    def config(self) -> Config:
        return load_config(self.trial.config_file)

    def configure(self, old: str, new: str) -> None:
        """Change a text in config.yaml."""
        rewrite(self.trial.config_file, old, new)


def rewrite(file: Path, old: str, new: str) -> None:
    """Change a text in a file that must have it."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def free_port() -> int:
    """A port that nobody has at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _listen_at(trial: Trial, port: int) -> None:
    text = trial.config_file.read_text(encoding="utf-8")
    trial.config_file.write_text(re.sub(r"port: \d+", f"port: {port}", text), encoding="utf-8")


@pytest.fixture(scope="session")
def running(
    trial_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningGateway]:
    """A gateway that runs for the whole session; its installation is left as it is."""
    directory = tmp_path_factory.mktemp("cli") / "var"
    gateway = RunningGateway(copy_of(trial_template, directory, signed=True))
    _listen_at(gateway.trial, free_port())
    gateway.start()
    yield gateway
    gateway.stop()


@pytest.fixture(scope="session")
def sealed_receipt(running: RunningGateway) -> bytes:
    """A receipt sealed by receipt-east, certified."""
    return asyncio.run(running.seal(idempotency_key="the-one-of-the-session")).content


@pytest.fixture
def on_running(running: RunningGateway) -> CommandLine:
    """The commands on the installation of the running gateway."""
    return CommandLine(running.trial)


@pytest.fixture
def sealgate(trial_template: Path, tmp_path: Path) -> CommandLine:
    """The commands on an installation of the test's own, which reads YAML; no gateway runs."""
    trial = copy_of(trial_template, tmp_path / "var")
    _listen_at(trial, free_port())
    return CommandLine(trial)


@pytest.fixture
def signed(trial_template: Path, tmp_path: Path) -> CommandLine:
    """The same, as `sealgate init` makes it: with a bundle that officers signed."""
    trial = copy_of(trial_template, tmp_path / "var", signed=True)
    _listen_at(trial, free_port())
    return CommandLine(trial)


@pytest.fixture(scope="session")
def keys(trial_template: Path) -> tuple[KeyDescription, ...]:
    """The keys of every copy of the installation."""
    return ask_signer(load_config(trial_template / "config.yaml").hsm, pin=None)
