"""The machine: Python, kernel, clock, disk, and the processes that have to run apart."""

import asyncio
import ctypes
import os
import platform
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from gateway.cli.doctor.confined import CouldRead, NotConfined, ask_confined
from gateway.cli.doctor.model import Finding, failed, ok, warning
from gateway.config import Config
from gateway.documents.pool import WorkerLimits, WorkerPool
from processes.child import Child, start_child
from processes.errors import ProcessError

_OLDEST_PYTHON = (3, 11)
_MIB = 1024 * 1024
_LOW_BYTES, _TOO_LOW_BYTES = 2048 * _MIB, 256 * _MIB
_TOO_FEW_FILES = 1000
_WORKER_GIVES_UP = {"memory", "inspection", "network", "files"}

_TIME_ERROR = 5
_TIMEX_BYTES = 512
"""struct timex (adjtimex(2)) has 208 bytes on 64-bit Linux; only the answer matters here."""


def check_python() -> Iterator[Finding]:
    """The interpreter's version."""
    running = platform.python_version()
    if sys.version_info >= _OLDEST_PYTHON:
        yield ok("Python", f"{running} on {platform.machine()}, Linux {platform.release()}")
    else:
        wanted = ".".join(map(str, _OLDEST_PYTHON))
        yield failed("Python", f"{running} is too old", cure=f"Install Python {wanted} or newer.")


def check_confinement(config: Config, config_file: Path) -> Iterator[Finding]:
    """Whether the gateway could be kept from PIN and token files: tried in a child."""
    found = ask_confined(config_file)
    tell = failed if config.processes.require_confinement else warning
    match found:
        case CouldRead(paths=()):
            yield ok("confinement", "the gateway cannot read PIN and token files (Landlock)")
        case CouldRead(paths=paths):
            yield tell(
                "confinement",
                f"the gateway could read {', '.join(paths)}, which only the signer needs",
                cure="Move them out of the state and policy directories; on a kernel without "
                "Landlock (older than Linux 5.13), get a newer one.",
            )
        case NotConfined(message=message):
            yield tell("confinement", message, cure="Use a kernel with Landlock (Linux 5.13).")


def check_workers(config: Config) -> Iterator[Finding]:
    """Whether a document worker starts and gives up what it should."""
    try:
        restrictions = set(asyncio.run(_start_worker(config)))
    except (ProcessError, OSError) as error:
        yield failed(
            "document worker",
            f"it does not start: {error}",
            cure="Look at what it wrote above; check documents.max_memory_bytes in config.yaml.",
        )
        return
    kept = _WORKER_GIVES_UP - restrictions
    if kept:
        yield warning(
            "document worker",
            f"it cannot give up {', '.join(sorted(kept))}, which it does not need",
            cure="network: allow unprivileged user namespaces; files: use a kernel with Landlock "
            "(Linux 5.13).",
        )
    else:
        yield ok("document worker", "it starts, without files and network, with bounded memory")


async def _start_worker(config: Config) -> tuple[str, ...]:
    limits = WorkerLimits.of(config.documents.model_copy(update={"workers": 1}))

    def start() -> Child:
        return start_child("gateway.documents.worker", offline=True)

    async with WorkerPool(limits, start_worker=start) as pool:
        return pool.restrictions


def kernel_clock() -> int:
    """What the kernel says of the clock (adjtimex(2)): 5: nothing keeps it right, below 0: no."""
    libc = ctypes.CDLL(None, use_errno=True)
    return int(libc.adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)))


def check_clock_source(state: Callable[[], int] = kernel_clock) -> Iterator[Finding]:
    """Whether something keeps the clock right, as the kernel knows it."""
    said = state()
    if said == _TIME_ERROR:
        yield warning(
            "clock source",
            "the kernel says that nothing keeps the clock right",
            cure="Have chrony or systemd-timesyncd run, with a server inside your network.",
        )
    elif said < 0:
        yield warning(
            "clock source",
            "the kernel does not say whether something keeps the clock right",
            cure="Check by hand: timedatectl, or chronyc tracking.",
        )
    else:
        yield ok("clock source", "the clock is kept right (NTP)")


def check_disk(
    config: Config, *, stat: Callable[[Path], os.statvfs_result] = os.statvfs
) -> Iterator[Finding]:
    """Free space where records and documents go; without any, nothing is sealed."""
    state, documents = config.state_directory, config.documents_directory
    yield from _room(state, stat)
    if state not in documents.parents:
        yield from _room(documents, stat)


def _room(directory: Path, stat: Callable[[Path], os.statvfs_result]) -> Iterator[Finding]:
    part = "disk space"
    if not directory.is_dir():
        told = f"the directory {directory} does not exist"
        yield failed(part, told, cure=f"install -d -m 700 -o USER_OF_THE_SERVICE {directory}")
        return
    disk = stat(directory)
    free = disk.f_bavail * disk.f_frsize
    told = f"{free // _MIB:,} MiB are free below {directory}"
    cure = "Free some space or enlarge the file system; move old documents to your archive."
    if disk.f_files and disk.f_favail < _TOO_FEW_FILES:
        told = f"there is room for {disk.f_favail:,} more files below {directory}"
        yield failed(part, told, cure="Remove files, or take a file system with more inodes.")
    elif free < _TOO_LOW_BYTES:
        yield failed(part, told, cure=cure)
    elif free < _LOW_BYTES:
        yield warning(part, told, cure=cure)
    else:
        yield ok(part, told)
