"""Directories for a moment, which go with the next run where their own was killed."""

import errno
import fcntl
import os
import re
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

_RANDOM: Final = "[a-z0-9_]{8}"
"""As `tempfile` names them."""
_PATIENCE_SECONDS: Final = 10.0
_POLL_SECONDS: Final = 0.05


@contextmanager
def scratch_directory(
    place: Path, prefix: str, *, patience_seconds: float = _PATIENCE_SECONDS
) -> Iterator[Path]:
    """A directory of our own in a place, for as long as the context lasts.

    It is locked meanwhile, and a lock ends with its process: those of the same prefix that nobody
    holds any more are deleted first.

    Args:
        place: where; others may work there at the same time.
        prefix: of its name; nobody else has names like it.
        patience_seconds: how long to wait for others who look there at this moment.

    Raises:
        OSError: the place cannot be written to, or somebody else has it locked and keeps it so.
    """
    outer = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        # No other makes one between our look and our lock.
        _lock_place(outer, place, patience_seconds)
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


def _lock_place(outer: int, place: Path, patience_seconds: float) -> None:
    """Lock the place itself, which takes others of us a moment, and strangers who knows how long.

    Where directories have no locks (NFS), none below is found to be free, and nothing is deleted.
    """
    until = time.monotonic() + patience_seconds
    while True:
        try:
            fcntl.flock(outer, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise BlockingIOError(
                    errno.EWOULDBLOCK,
                    "another program holds a lock on this directory (flock), and has not let go "
                    f"of it for {patience_seconds:g} s: end it. For `sealgate backup verify`, "
                    "--scratch names another directory",
                    str(place),
                ) from None
            time.sleep(_POLL_SECONDS)
        except OSError:
            return
        else:
            return


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
