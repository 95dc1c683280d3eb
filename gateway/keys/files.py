"""Files that are there whole or not at all, and never in the place of another unless it is kept.

What is being written has a hidden name and a lock; a lock ends with its process. So whoever writes
next knows which of them nobody writes any more, and deletes those.
"""

import contextlib
import fcntl
import os
import re
from collections.abc import Iterator
from pathlib import Path

from gateway.durable import sync_directory
from gateway.randomness import random_bytes
from gateway.regular_files import opened_regular

_MODE = 0o644
"""What is written for people is public: requests, certificates, protocols."""
_UNFINISHED = re.compile(r"\.(?P<name>.+)\.[0-9a-f]{8}\.new")


def write_new(path: Path, content: bytes, *, mode: int = _MODE) -> None:
    """Write a file that is not there yet; durable when this returns.

    Raises:
        FileExistsError: it is there.
        OSError: it cannot be written.
    """
    with _aside(path, content, mode=mode) as temporary:
        os.link(temporary, path)  # fails where a rename would replace
    sync_directory(path.parent)


def replace(path: Path, content: bytes, *, mode: int) -> None:
    """Write a file, in the place of what is there; durable when this returns.

    Raises:
        OSError: it cannot be written; then what was there is there.
    """
    with _aside(path, content, mode=mode) as temporary:
        temporary.replace(path)
    sync_directory(path.parent)


def exchange(path: Path, content: bytes, *, kept: Path) -> None:
    """Put another content in a file's place at once, after the old one got a second name.

    Args:
        path: the file, which is there.
        content: the new one; it gets the old one's mode and, for root, its owner.
        kept: where the old one stays; if it is there, it is taken for the same.

    Raises:
        OSError: it cannot be written; then `path` is as it was.
    """
    before = path.stat()
    if not kept.exists():
        os.link(path, kept)
    with _aside(path, content, mode=_MODE) as temporary:
        temporary.chmod(before.st_mode & 0o777)
        if os.geteuid() == 0:
            os.chown(temporary, before.st_uid, before.st_gid)
        temporary.replace(path)
    sync_directory(path.parent)


def clear_unfinished(directory: Path, name: str | None = None) -> None:
    """Delete what was being written here when its writer was killed.

    Args:
        directory: where; need not be there.
        name: only of the file with this name; None: of any.

    Raises:
        OSError: the directory cannot be read, or such a file cannot be deleted.
    """
    if not directory.is_dir():
        return
    for path in directory.iterdir():
        found = _UNFINISHED.fullmatch(path.name)
        if found is None or name not in {None, found["name"]} or path.is_symlink():
            continue
        # The same moment may see its writer finish it: then it is gone.
        with contextlib.suppress(FileNotFoundError, BlockingIOError), opened_regular(path) as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # its writer has it alone
            path.unlink()


@contextlib.contextmanager
def _aside(path: Path, content: bytes, *, mode: int) -> Iterator[Path]:
    clear_unfinished(path.parent, path.name)
    temporary = path.with_name(f".{path.name}.{random_bytes(4).hex()}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as out:
        try:
            fcntl.flock(out, fcntl.LOCK_EX)
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
            yield temporary
        finally:
            temporary.unlink(missing_ok=True)
