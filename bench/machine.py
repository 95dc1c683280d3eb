"""What it was measured on. A figure without its machine means nothing."""

import hashlib
import os
import platform
import re
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pyhanko.version

_FSYNCS = 50
_BLOCK = bytes(4096)
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_KIB_PER_GIB = 1024 * 1024
_NOISY_CORES = 0.2
_MEASURED = ("bench", "gateway", "hsm", "policies", "processes", "strictyaml")


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """The machine and the versions that matter.

    Attributes:
        cores: that this process may use.
        fsync_ms: median of appending 4 KiB and fdatasync, where the installation was.
        busy_elsewhere: the most cores that other programs, the kernel's own threads and the
            hypervisor took during a measurement.
    """

    cpu: str
    cores: int
    memory_gib: float
    kernel: str
    python: str
    softhsm: str
    pyhanko: str
    file_system: str
    fsync_ms: float
    busy_elsewhere: float


def describe_machine(directory: Path, *, busy_elsewhere: float) -> Machine:
    """Look at the machine, and at the disk that holds the directory."""
    memory = re.search(r"MemTotal:\s+(\d+) kB", Path("/proc/meminfo").read_text(encoding="ascii"))
    return Machine(
        cpu=_cpu(),
        cores=cores(),
        memory_gib=round(int(memory[1]) / _KIB_PER_GIB, 1) if memory else 0.0,
        kernel=platform.release(),
        python=platform.python_version(),
        softhsm=_output("softhsm2-util", "--version"),
        pyhanko=pyhanko.version.__version__,
        file_system=_output("stat", "--file-system", "--format=%T", str(directory)),
        fsync_ms=round(fsync_ms(directory), 3),
        busy_elsewhere=round(busy_elsewhere, 2),
    )


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0))


def fsync_ms(directory: Path) -> float:
    """The median of appending 4 KiB to a file and making it durable, in milliseconds."""
    took: list[float] = []
    with tempfile.TemporaryFile(dir=directory, buffering=0) as file:
        for _ in range(_FSYNCS):
            began = time.perf_counter()
            file.write(_BLOCK)
            os.fdatasync(file.fileno())
            took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


class Elsewhere:
    """What else the machine does while it is being measured.

    Attributes:
        most: the most cores that were busy with something else during any one measurement.
    """

    def __init__(self) -> None:
        self.most = 0.0

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Watch one measurement, whose processes MUST have ended and been waited for at its end."""
        began, busy, own = time.monotonic(), _busy_seconds(), _own_seconds()
        yield
        others = (_busy_seconds() - busy) - (_own_seconds() - own)
        self.most = max(self.most, others / (time.monotonic() - began))


def commit(directory: Path) -> str:
    """The short hash of the checkout; with `-dirty` when files differ from it."""
    found = _git(directory, "rev-parse", "--short", "HEAD")
    changed = _git(directory, "status", "--porcelain")
    return f"{found or 'none'}{'-dirty' if changed else ''}"


def is_quiet(machine: Machine) -> bool:
    """Whether so little else went on that the figures mean something."""
    return machine.busy_elsewhere <= _NOISY_CORES


def code_digest(checkout: Path) -> str:
    """SHA-256 over every Python file that is measured or measures, hexadecimal."""
    digest = hashlib.sha256()
    for room in _MEASURED:
        for path in sorted((checkout / room).rglob("*.py")):
            digest.update(f"{path.relative_to(checkout)}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _own_seconds() -> float:
    # The children's times have their children's in them, as far as they were waited for.
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _busy_seconds() -> float:
    # proc_stat(5): user, nice, system, idle, iowait, irq, softirq, steal, …
    first = Path("/proc/stat").read_text(encoding="ascii").partition("\n")[0].split()[1:9]
    ticks = [int(each) for each in first]
    return (sum(ticks) - ticks[3] - ticks[4]) / _TICKS_PER_S


def _cpu() -> str:
    found = re.search(
        r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE
    )
    return found[1] if found else platform.machine()


def _output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _git(directory: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(directory), *arguments], check=False, capture_output=True, text=True
    )
    return done.stdout.strip() if done.returncode == 0 else ""
