"""A machine with systemd as its first process (systemd-nspawn(1)), and a cable to us."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.deploy.commands import run
from tests.deploy.containers import contained
from tests.deploy.releases import BOOKWORM, Release, copy_of_base

# nspawn's own filter is older than Landlock, which the gateway confines itself with.
_LANDLOCK = "landlock_create_ruleset landlock_add_rule landlock_restrict_self"
_BOOT_SECONDS = 120.0
_HOST, _MACHINE = "10.77.0.1", "10.77.0.2"
_SWITCH, _AT_SWITCH = "br-sg", "10.78.0."


@dataclass
class Machine:
    """A machine that was copied from the base. Reached by ssh as root, over a veth pair alone.

    Attributes:
        name: its host name.
        directory: its root.
        key: of root's ssh.
        address: the machine's.
        bridge: the switch that its cable goes to; None: to us.
        shared: directories of ours that it has, by where it has them.
        release: what it was copied from.
    """

    name: str
    directory: Path
    key: Path
    address: str = _MACHINE
    bridge: str | None = None
    shared: Mapping[str, Path] = field(default_factory=dict)
    release: Release = BOOKWORM
    _leader: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def boot(self) -> None:
        """Start it, and wait until systemd has started everything."""
        log = self.directory.with_suffix(".log").open("ab")
        with log:
            self._leader = subprocess.Popen(
                [
                    *contained(self.name, self.directory),
                    f"--network-bridge={self.bridge}" if self.bridge else "--network-veth",
                    *(f"--bind={ours}:{theirs}" for theirs, ours in self.shared.items()),
                    "--capability=all",
                    f"--system-call-filter={_LANDLOCK}",
                    "--boot",
                ],
                env={**os.environ, **self._groups()},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + _BOOT_SECONDS
        # The cable first: services that wait for others on it are part of the boot.
        while "host0" not in self._inside("ip", "-oneline", "link", check=False):
            self._still_booting(deadline)
        if self.bridge is None:
            run("ip", "address", "add", f"{_HOST}/24", "dev", f"ve-{self.name}")
            run("ip", "link", "set", f"ve-{self.name}", "up")
        self._inside("ip", "address", "add", f"{self.address}/24", "dev", "host0")
        self._inside("ip", "link", "set", "host0", "up")
        while self._inside("systemctl", "is-system-running", check=False) not in (
            "running",
            "degraded",
        ):
            self._still_booting(deadline)

    def _groups(self) -> Mapping[str, str]:
        """By itself nspawn gives it control groups of the version that the host has."""
        alone = self.release.needs_groups_of_version_2
        return {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"} if alone else {}

    def _still_booting(self, deadline: float) -> None:
        assert self._leader is not None
        if self._leader.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{self.name} does not boot: {self.directory}.log")
        time.sleep(0.1)

    def run(self, *command: str, check: bool = True) -> str:
        """Run a command there as root; gives its standard output."""
        return self._inside(*command, check=check)

    def power_off(self) -> None:
        """As with its button: no service is asked."""
        if self._leader is not None:
            with contextlib.suppress(ProcessLookupError):
                self._signal(signal.SIGKILL)
            self._leader.wait(30)
            self._leader = None

    def pull_the_cable(self) -> None:
        """From here on nothing that it sends arrives, no farewell either."""
        run("ip", "link", "set", f"vb-{self.name}" if self.bridge else f"ve-{self.name}", "down")

    def _inside(self, *command: str, check: bool = True) -> str:
        entered = ["nsenter", "-t", str(self._first_process()), "-a", "--", *command]
        done = subprocess.run(entered, capture_output=True, text=True, check=False)
        if check and done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout.strip()

    def _first_process(self) -> int:
        assert self._leader is not None
        children = Path(f"/proc/{self._leader.pid}/task/{self._leader.pid}/children")
        found = children.read_text().split() if children.exists() else []
        return int(found[0]) if found else self._leader.pid

    def _signal(self, number: signal.Signals) -> None:
        os.kill(self._first_process(), number)


@contextlib.contextmanager
def machine(name: str, cache: Path, release: Release = BOOKWORM) -> Iterator[Machine]:
    """A booted machine, gone afterwards whatever happened."""
    made = _made(name, cache, release)
    try:
        made.boot()
        yield made
    finally:
        made.power_off()
        shutil.rmtree(made.directory, ignore_errors=True)


@contextlib.contextmanager
def machines(
    names: Sequence[str], cache: Path, *, shared: Mapping[str, Path]
) -> Iterator[tuple[Machine, ...]]:
    """Several at one switch, as `machine`; each has what is shared."""
    made: list[Machine] = []
    # A run that was killed leaves its switch, and nothing else that the next one minds.
    if Path(f"/sys/class/net/{_SWITCH}").exists():
        run("ip", "link", "delete", _SWITCH)
    # An address of its own: else it has that of one of its cables, until that is pulled.
    run("ip", "link", "add", _SWITCH, "address", "02:00:0a:4e:00:01", "type", "bridge")
    try:
        run("ip", "address", "add", f"{_AT_SWITCH}1/24", "dev", _SWITCH)
        run("ip", "link", "set", _SWITCH, "up")
        for number, name in enumerate(names, 2):
            one = _made(name, cache, BOOKWORM)
            one.address, one.bridge, one.shared = f"{_AT_SWITCH}{number}", _SWITCH, shared
            made.append(one)
            one.boot()
        yield tuple(made)
    finally:
        for one in made:
            one.power_off()
            shutil.rmtree(one.directory, ignore_errors=True)
        run("ip", "link", "delete", _SWITCH)


def _made(name: str, cache: Path, release: Release) -> Machine:
    directory = cache / name
    copy_of_base(cache, release, directory)
    key = cache / f"{name}.key"
    key.unlink(missing_ok=True)
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key))
    there = directory / "root/.ssh"
    there.mkdir(mode=0o700, exist_ok=True)
    shutil.copy(f"{key}.pub", there / "authorized_keys")
    (directory / "etc/hostname").write_text(f"{name}\n")
    return Machine(name, directory, key, release=release)
