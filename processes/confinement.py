"""What a process gives up before it touches anything hostile: files, network, memory, privileges.

Kernels and users differ: a function that gives a truth value says whether its restriction is in
force, and the caller decides whether it can do without. A process without privileges cannot undo
any of it, so whoever restricts a process that root started also takes its privileges.
"""

import os
import resource
import signal
import struct
import sys
from collections.abc import Collection, Iterable
from pathlib import Path

from processes import landlock
from processes.errors import ConfinementError
from processes.libc import capget, capset, checked, mallopt, prctl, unshare

PARENT_VARIABLE = "SEALGATE_PARENT_PID"
"""Where a child finds its parent's process id; set by `processes.child.start_child`."""

# linux/capability.h
CAP_DAC_OVERRIDE = 1
CAP_NET_BIND_SERVICE = 10

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_CAPBSET_READ, _PR_CAPBSET_DROP = 23, 24
_PR_SET_NO_NEW_PRIVS = 38
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
# capget(2), version 3, of this thread; then effective, permitted, inheritable, low words first.
_CAPABILITY_HEADER = struct.pack("=Ii", 0x2008_0522, 0)
_CAPABILITY_DATA = struct.Struct("=6I")
# malloc.h; no threshold is larger.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_LARGEST_THRESHOLD = 32 * 1024 * 1024
_CLONE_NEWUSER = 0x1000_0000
_CLONE_NEWNET = 0x4000_0000


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent ends (prctl(2), PR_SET_PDEATHSIG).

    The kernel speaks of the parent's thread, so the parent MUST start children from a thread that
    lives as long as itself; `start_child` does.
    """
    checked(prctl(_PR_SET_PDEATHSIG, signal.SIGKILL))
    parent = os.environ.pop(PARENT_VARIABLE, None)
    # It may have ended before the line above, and then no signal comes.
    if parent is not None and os.getppid() != int(parent):
        os.kill(os.getpid(), signal.SIGKILL)


def forbid_inspection() -> None:
    """No core dump; no ptrace or /proc/PID/mem for others of this user (PR_SET_DUMPABLE)."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    checked(prctl(_PR_SET_DUMPABLE, 0))


def limit_memory(max_bytes: int) -> None:
    """Bound the address space; past it, allocations fail with MemoryError (setrlimit(2))."""
    resource.setrlimit(resource.RLIMIT_AS, (max_bytes, max_bytes))


def keep_freed_memory(max_bytes: int) -> bool:
    """Keep memory that was freed for the next who asks, up to so much.

    glibc gives every large block back to the kernel at once and gets it anew, page by page: of
    drawing a page that is half of the time.
    """
    return mallopt(_M_MMAP_THRESHOLD, _LARGEST_THRESHOLD) and mallopt(_M_TRIM_THRESHOLD, max_bytes)


def give_up_privileges(*, keep: Collection[int] = ()) -> None:
    """Keep no other capabilities(7) than these, for good, nor gain any by executing a program.

    Root keeps its user id, hence its own files, and little else.

    Raises:
        ConfinementError: there are threads already, which would keep theirs.
    """
    _refuse_threads()
    checked(prctl(_PR_SET_NO_NEW_PRIVS, 1))
    prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
    for capability in range(64):
        if prctl(_PR_CAPBSET_READ, capability) < 0:
            break  # this kernel has no more
        if capability not in keep:
            # Refused without CAP_SETPCAP; but who has not got that gains nothing by execve(2)
            # either, as it needs a set-user-id program, which no_new_privs disarms.
            prctl(_PR_CAPBSET_DROP, capability)
    data = capget(_CAPABILITY_HEADER, _CAPABILITY_DATA.size)
    _, permitted_low, _, _, permitted_high, _ = _CAPABILITY_DATA.unpack(data)
    kept = sum(1 << capability for capability in keep)
    low, high = permitted_low & kept, permitted_high & kept >> 32
    capset(_CAPABILITY_HEADER, _CAPABILITY_DATA.pack(low, low, 0, high, high, 0))


def leave_the_network() -> bool:
    """Move into an empty network namespace (unshare(2)), and give up all privileges.

    Also those that it took to get there: root could enter its parent's namespace again (setns(2)).

    Raises:
        ConfinementError: there are threads already, which would stay where they are.
    """
    _refuse_threads()
    left = unshare(_CLONE_NEWNET) == 0 or unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0
    give_up_privileges()
    return left


def landlock_available() -> bool:
    """Whether this kernel can restrict a process to some paths (Linux 5.13 with Landlock)."""
    return landlock.abi() > 0


def see_only(
    *, readable: Iterable[Path], writable: Iterable[Path], listed: Iterable[Path] = ()
) -> bool:
    """From now on this process and its children can open nothing but these paths (landlock(7)).

    Nor can they trace, or where the kernel is new enough signal, a process that is not confined
    with them. Of `listed` they see what is there, and can open none of it. Paths that do not exist
    are passed over. Gives False where the kernel has no Landlock.

    Raises:
        ConfinementError: there are threads already, which would stay outside the restriction.
        OSError: one of the paths is there and cannot be reached.
    """
    _refuse_threads()
    version = landlock.abi()
    if version == 0:
        return False
    landlock.restrict(readable=readable, writable=writable, listed=listed, version=version)
    return True


def _refuse_threads() -> None:
    threads = sum(1 for _ in Path("/proc/self/task").iterdir())
    if threads > 1:
        raise ConfinementError(
            f"{threads - 1} threads were started before the process was confined, and would stay "
            "outside: confine it first"
        )


SYSTEM_FOLDERS = ("/usr", "/lib", "/lib64", "/etc/localtime", "/etc/ld.so.cache")
"""What a Python process reads of the system once it runs."""


def confine_reader(room: Path, *, max_memory_bytes: int) -> bool:
    """Give up all that a process does not need which reads one stranger's file after the other.

    Each as far as this kernel and user can; what it answers depends on none of them.

    Args:
        room: the folder of our own modules; imports that happen late still find them.
        max_memory_bytes: of address space.

    Returns:
        Whether it left the network.
    """
    forbid_inspection()
    left = leave_the_network()
    readable = [Path(sys.prefix), Path(sys.base_prefix), room, *map(Path, SYSTEM_FOLDERS)]
    see_only(readable=readable, writable=())
    limit_memory(max_memory_bytes)
    return left
