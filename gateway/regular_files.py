"""Files that others put where we look: regular ones alone, bounded, and nothing is waited for.

Opening a pipe waits for whoever writes to it, perhaps for ever, and with it whatever watches the
directory; a device may never end.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path


@contextmanager
def opened_regular(path: Path) -> Iterator[BufferedReader]:
    """Open a regular file. Links are followed: configuration is often laid out by links.

    Raises:
        OSError: it cannot be opened, or is a pipe, a socket, a device or a directory; `strerror`
            says so.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "it is no regular file", str(path))
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            yield file
    finally:
        os.close(descriptor)


def read_regular(path: Path, *, most_bytes: int) -> bytes:
    """All of a regular file.

    Raises:
        OSError: see `opened_regular`; or it has more than `most_bytes`.
    """
    with opened_regular(path) as file:
        # Once, into memory: what is judged is what is used, whatever the file becomes.
        data = file.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise OSError(errno.EFBIG, f"it has more than {most_bytes:,} bytes", str(path))
    return data


def stat_of(path: Path) -> os.stat_result:
    """Of the file; of a link to nothing, of the link itself: it is there, and can be told.

    Raises:
        OSError: there is not even a link.
    """
    try:
        return path.stat()
    except OSError:
        return path.lstat()
