"""A server process that a test starts, waits for and ends."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

_READY_SECONDS = 60.0
_POLL_SECONDS = 0.05


def free_port() -> int:
    """A port that nobody has at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def answers(port: int) -> bool:
    """Whether somebody listens there."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


@contextmanager
def directory_of(user: str) -> Iterator[Path]:
    """A new directory with a short path that belongs to the server's user, where we are root."""
    home = Path(tempfile.mkdtemp(prefix="sealgate-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(home, user)
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def identity(user: str) -> dict[str, object]:
    """How subprocess drops to the user where we are root; elsewhere a server runs as we do."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


@contextmanager
def running(
    command: Sequence[str | Path],
    *,
    user: str,
    home: Path,
    ready: Callable[[], bool],
    environment: Mapping[str, str] | None = None,
    ending: signal.Signals = signal.SIGKILL,
) -> Iterator[subprocess.Popen[bytes]]:
    """Start it in a session of its own; give it when it is ready; end it and its children.

    Nothing of it is kept, so it need not end in good order.
    """
    log = home / "output.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=home,
            env={**os.environ, "HOME": str(home), **(environment or {})},
            start_new_session=True,
            **identity(user),  # type: ignore[call-overload]
        )
    try:
        until(ready, process, log)
        yield process
    finally:
        _end(process, ending)


def until(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait for the condition; fail with the server's own words when it never comes."""
    deadline = time.monotonic() + _READY_SECONDS
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(f"{process.args} is not ready:\n{log.read_text(errors='replace')}")
        time.sleep(_POLL_SECONDS)


def _end(process: subprocess.Popen[bytes], ending: signal.Signals) -> None:
    # One that has ended by itself, with all its children, leaves no group to end.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, ending)
    process.wait(timeout=20)
