"""The machine: Python, kernel, clock, disk, and the processes that have to run apart."""

import asyncio
import ctypes
import platform
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from gateway.cli.doctor.confined import CouldRead, NotConfined, ask_confined
from gateway.cli.doctor.model import Finding, failed, ok, warning
from gateway.config import Config
from gateway.documents.pool import WorkerLimits, WorkerPool
from processes.child import start_child
from processes.errors import ProcessError

_OLDEST_PYTHON = (3, 11)
_MIB = 1024 * 1024
_LOW_BYTES, _TOO_LOW_BYTES = 2048 * _MIB, 256 * _MIB
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
    start = lambda: start_child("gateway.documents.worker")  # noqa: E731 - as the wiring has it
    async with WorkerPool(limits, start_worker=start) as pool:
        return pool.restrictions


def check_clock_source() -> Iterator[Finding]:
    """Whether something keeps the clock right, as the kernel knows it (adjtimex(2))."""
    libc = ctypes.CDLL(None, use_errno=True)
    state = libc.adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    if state == _TIME_ERROR:
        yield warning(
            "clock source",
            "the kernel says that nothing keeps the clock right",
            cure="Have chrony or systemd-timesyncd run, with a server inside your network.",
        )
    elif state < 0:
        yield warning(
            "clock source",
            "the kernel does not say whether something keeps the clock right",
            cure="Check by hand: timedatectl, or chronyc tracking.",
        )
    else:
        yield ok("clock source", "the clock is kept right (NTP)")


def check_disk(config: Config) -> Iterator[Finding]:
    """Free space where records and documents go; without any, nothing is sealed."""
    directory = config.state_directory
    if not directory.is_dir():
        yield failed(
            "disk space",
            f"the state directory {directory} does not exist",
            cure=f"install -d -m 700 -o USER_OF_THE_SERVICE {directory}",
        )
        return
    free = shutil.disk_usage(directory).free
    told = f"{free // _MIB:,} MiB are free below {directory}"
    cure = "Free some space or enlarge the file system; move old documents to your archive."
    if free < _TOO_LOW_BYTES:
        yield failed("disk space", told, cure=cure)
    elif free < _LOW_BYTES:
        yield warning("disk space", told, cure=cure)
    else:
        yield ok("disk space", told)
