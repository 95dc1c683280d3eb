"""Landlock (landlock(7)): the kernel's way for a process to close itself to files and processes.

Each kernel knows an ABI; what a newer one can restrict is restricted where it is known, and where
it is not, the older restrictions still hold.
"""

import os
import stat
import struct
from collections.abc import Iterable
from pathlib import Path

from processes.libc import checked, prctl, syscall

# The numbers are the same on every architecture that Linux added them for.
_SYS_CREATE_RULESET = 444
_SYS_ADD_RULE = 445
_SYS_RESTRICT_SELF = 446
_CREATE_RULESET_VERSION = 1
_RULE_PATH_BENEATH = 1
_PR_SET_NO_NEW_PRIVS = 38

# LANDLOCK_ACCESS_FS_*
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REMOVE_DIR, _REMOVE_FILE = 1 << 4, 1 << 5
_MAKE_DIR, _MAKE_REG = 1 << 7, 1 << 8
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15

# What is closed wherever it is not granted, by the ABI that brought it: Linux 5.13, 5.19, 6.2 and
# 6.10. Network rights (ABI 4) are left alone, as the gateway listens and delivers.
_HANDLED = ((1, (1 << 13) - 1), (2, _REFER), (3, _TRUNCATE), (5, _IOCTL_DEV))
# Abstract sockets, and signals to processes outside (Linux 6.12).
_SCOPED = ((6, 1 << 0 | 1 << 1),)

_READING = _READ_FILE | _READ_DIR | _EXECUTE
# Not among them: links that lead outside, device nodes (root could make the disk's and read it),
# sockets, and programs, as what can be written shall not be run.
_WRITING = (
    _READ_FILE
    | _READ_DIR
    | _WRITE_FILE
    | _REMOVE_DIR
    | _REMOVE_FILE
    | _MAKE_DIR
    | _MAKE_REG
    | _REFER
    | _TRUNCATE
)
_OF_A_FILE = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE  # the others speak of directories

# struct landlock_ruleset_attr: handled_access_fs, handled_access_net, scoped. An older kernel
# takes the longer struct as long as what it does not know is zero.
_RULESET_ATTR = struct.Struct("=QQQ")
# struct landlock_path_beneath_attr, packed: allowed_access, parent_fd.
_PATH_BENEATH_ATTR = struct.Struct("=Qi")


def abi() -> int:
    """Which Landlock this kernel has; 0 when it has none, or does not use it."""
    return max(0, syscall(_SYS_CREATE_RULESET, None, 0, _CREATE_RULESET_VERSION))


def restrict(
    *,
    readable: Iterable[Path],
    writable: Iterable[Path],
    listed: Iterable[Path] = (),
    version: int,
) -> None:
    """Close this thread, and what it starts from now on, to all paths but these.

    Args:
        readable: files, and directories with all that is in them, to read and to execute.
        writable: the same to read, write, make, rename and remove.
        listed: directories of which only the names in them may be read.
        version: the ABI to make use of, at most what `abi` gives.

    Raises:
        OSError: a path is there but cannot be reached, or the kernel refused.
    """
    handled = _known(_HANDLED, version)
    attr = _RULESET_ATTR.pack(handled, 0, _known(_SCOPED, version))
    ruleset = checked(syscall(_SYS_CREATE_RULESET, attr, len(attr), 0))
    try:
        for path in readable:
            _allow(ruleset, path, _READING & handled)
        for path in writable:
            _allow(ruleset, path, _WRITING & handled)
        for path in listed:
            _allow(ruleset, path, _READ_DIR & handled)
        checked(prctl(_PR_SET_NO_NEW_PRIVS, 1))
        checked(syscall(_SYS_RESTRICT_SELF, ruleset, 0))
    finally:
        os.close(ruleset)


def _known(since: Iterable[tuple[int, int]], version: int) -> int:
    bits = 0
    for first, brought in since:
        if version >= first:
            bits |= brought
    return bits


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= _OF_A_FILE
        rule = _PATH_BENEATH_ATTR.pack(rights, descriptor)
        checked(syscall(_SYS_ADD_RULE, ruleset, _RULE_PATH_BENEATH, rule, 0))
    finally:
        os.close(descriptor)
