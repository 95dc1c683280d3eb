"""Directories for a moment, which go with the next run where their own was killed."""

import fcntl
import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

_RANDOM: Final = "[a-z0-9_]{8}"
"""As `tempfile` names them."""


@contextmanager
def scratch_directory(place: Path, prefix: str) -> Iterator[Path]:
    """A directory of our own in a place, for as long as the context lasts.

    It is locked meanwhile, and a lock ends with its process: those of the same prefix that nobody
    holds any more are deleted first.

    Args:
        place: where; others may work there at the same time.
        prefix: of its name; nobody else has names like it.

    Raises:
        OSError: the place cannot be written to.
    """
    outer = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        # No other makes one between our look and our lock. Where directories have no locks (NFS),
        # none is found to be free, and nothing is deleted.
        with suppress(OSError):
            fcntl.flock(outer, fcntl.LOCK_EX)
        _clear(place, re.compile(re.escape(prefix) + _RANDOM))
        directory = Path(mkdtemp(prefix=prefix, dir=place))
        held = _locked(directory)
    finally:
        os.close(outer)
    try:
        yield directory
    finally:
        shutil.rmtree(directory)
        if held is not None:
            os.close(held)


def _clear(place: Path, name: re.Pattern[str]) -> None:
    for path in place.iterdir():
        if name.fullmatch(path.name) is None:
            continue
        # Whoever holds it may delete it at this moment; another user's is his.
        with suppress(FileNotFoundError, PermissionError):
            there = path.lstat()
            if not stat.S_ISDIR(there.st_mode) or there.st_uid != os.geteuid():
                continue
            held = _locked(path)
            if held is not None:
                shutil.rmtree(path)
                os.close(held)


def _locked(directory: Path) -> int | None:
    """The open directory with our lock; None: there is none to be had. A link is no directory."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(directory, flags)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
