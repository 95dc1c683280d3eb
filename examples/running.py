"""What the demo's parts share: programs that run beside it, and a voice."""

import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from gateway.cli.options import CLIENT_KEY_ID
from gateway.cli.trial.installation import Trial
from gateway.client import GatewayClient, RequestSigner
from gateway.clock import SystemClock

PROGRAM = Path(sys.executable).with_name("sealgate")
_START_SECONDS = 30.0

say = Console(highlight=False, soft_wrap=True).print


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program that serves.

    Attributes:
        command: how it is started.
        ready: the address that answers once it serves.
        log: where its standard error goes.
        ca: PEM of the CA of its certificate, if it has one.
    """

    command: Sequence[str | Path]
    ready: str
    log: Path
    ca: Path | None = None

    def is_ready(self) -> bool:
        """Whether it answers."""
        tls = None if self.ca is None else ssl.create_default_context(cafile=self.ca)
        try:
            with urllib.request.urlopen(self.ready, timeout=5, context=tls) as answer:  # noqa: S310 - ours
                return bool(answer.status == 200)  # noqa: PLR2004 - OK
        except (urllib.error.URLError, OSError):
            return False


def gateway_of(trial: Trial, url: str) -> Program:
    """The gateway of a trial installation."""
    return Program(
        command=(PROGRAM, "serve", "-c", trial.config_file),
        ready=f"{url}/readyz",
        log=trial.directory / "gateway.log",
    )


@contextmanager
def serving(*programs: Program) -> Iterator[None]:
    """They run, and are stopped cleanly at the end."""
    for program in programs:
        if program.is_ready():
            raise SystemExit(
                f"something answers at {program.ready} already: stop it, then run the demo again"
            )
    started: list[subprocess.Popen[bytes]] = []
    try:
        for program in programs:
            with program.log.open("ab") as out:
                started.append(subprocess.Popen(program.command, stderr=out))
        deadline = time.monotonic() + _START_SECONDS
        for program, process in zip(programs, started, strict=True):
            while not program.is_ready():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"it did not start; the end of {program.log} says why")
                time.sleep(0.1)
        yield
    finally:
        for process in reversed(started):
            process.send_signal(signal.SIGTERM)
        for process in reversed(started):
            process.wait()


def client_of(trial: Trial, url: str) -> GatewayClient:
    """The trial's calling system."""
    clock = SystemClock()
    signer = RequestSigner.from_file(trial.client_key, key_id=CLIENT_KEY_ID, clock=clock)
    return GatewayClient(url, signer)
