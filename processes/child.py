"""Start a child process that runs one of our modules and speaks over a socket pair."""

import functools
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NoReturn

from processes.beginning import BEGINNING, OFFLINE
from processes.confinement import PARENT_VARIABLE
from processes.errors import ChildNotStartedError

_PASSED_ON = (
    "PATH",
    "LANG",
    "LC_ALL",
    "TZ",
    "HOME",
    "CREDENTIALS_DIRECTORY",
    "COVERAGE_PROCESS_START",
)


@dataclass(frozen=True, slots=True)
class Child:
    """A started child and our end of the channel to it."""

    process: subprocess.Popen[bytes]
    socket: socket.socket

    def kill(self, *, patience_seconds: float = 10.0) -> None:
        """End the child at once and wait until it is gone. Safe to call twice.

        Raises:
            ChildNotStartedError: it is still there. A driver that does not come back to the
                kernel keeps its process, and its device, beyond a kill; starting another beside
                it would not help.
        """
        self.process.kill()
        try:
            self.process.wait(patience_seconds)
        except subprocess.TimeoutExpired as stuck:
            raise ChildNotStartedError(
                f"process {self.process.pid} was killed {patience_seconds:g} s ago and has not "
                "ended: it hangs in the kernel, so look at the device's driver, or restart the "
                "machine"
            ) from stuck


def start_child(
    module: str,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    offline: bool = False,
) -> Child:
    """Run the module's `main`; the child's end of the channel is the descriptor FD.

    The command line is `python -m processes.beginning MODULE FD ARGUMENTS`, and `sys.argv` in the
    child what is in it from MODULE on.

    The child gets a short environment (no secrets travel in it), no other descriptor than the
    channel, a session of its own (so that Ctrl-C reaches only who decides what to do about it), and
    writes its errors where we write ours. May be called from any thread.

    Args:
        module: has a `main` without arguments, which gives the exit code.
        arguments: for it.
        environment: besides what every child gets.
        offline: whether it speaks to nobody but us, and libraries that would load an HTTP client
            do so in vain.

    Raises:
        ChildNotStartedError: the system has no room for another process.
    """

    def start() -> Child:
        return _start(module, arguments, environment or {}, offline=offline)

    # `die_with_parent` in the child means the thread that starts it, and a thread of a pool ends
    # before its process does. The main thread does not, nor does that of `_starting`.
    if threading.current_thread() is threading.main_thread():
        return start()
    return _starting().submit(start).result()


def become_child(
    module: str, *arguments: str, environment: Mapping[str, str] | None = None
) -> NoReturn:
    """Run the module in this process's place, for a supervisor that should see it and no parent.

    The module finds an end of a channel that nobody speaks on. HUP, USR1 and INT are ignored until
    it says otherwise, and the environment is as short as a child's.
    """
    for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    ours, _ = pair = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    for end in pair:
        end.set_inheritable(True)  # the other one, too: a closed channel would mean "leave"
    os.execve(  # noqa: S606 - our own interpreter and our own module
        sys.executable,
        _command(module, ours.fileno(), arguments),
        {**_environment(), **(environment or {})},
    )


def channel_socket(argument: str) -> socket.socket:
    """In the child: our end of the channel, from the descriptor's number on the command line."""
    ours = socket.socket(fileno=int(argument))
    ours.set_inheritable(False)  # it was passed to us, and is not for those that we start
    return ours


@functools.cache
def _starting() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="starting-children")


def _start(
    module: str, arguments: tuple[str, ...], environment: Mapping[str, str], *, offline: bool
) -> Child:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with theirs:
        try:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own module
                _command(module, theirs.fileno(), arguments, offline=offline),
                stdin=subprocess.DEVNULL,
                env={
                    **_environment(),
                    PARENT_VARIABLE: str(os.getpid()),
                    **environment,
                },
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        except OSError as error:
            ours.close()
            raise ChildNotStartedError(f"{module} cannot be started: {error}") from error
    return Child(process, ours)


def _command(
    module: str, channel: int, arguments: tuple[str, ...], *, offline: bool = False
) -> list[str]:
    options = (OFFLINE,) if offline else ()
    python = (sys.executable, "-P", "-m", BEGINNING)
    return [*python, *options, module, str(channel), *arguments]


def _environment() -> dict[str, str]:
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {**passed_on, "PYTHONPATH": _import_path()}


def _import_path() -> str:
    # A checkout that is not installed (tests, bench) finds the rooms where the parent found them.
    return os.pathsep.join(path for path in sys.path if path)
