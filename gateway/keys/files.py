"""Files that are there whole or not at all, and never in the place of another unless it is kept."""

import os
from pathlib import Path

from gateway.durable import sync_directory
from gateway.randomness import random_bytes

_MODE = 0o644
"""What is written here is public: requests, certificates, protocols."""


def write_new(path: Path, content: bytes) -> None:
    """Write a file that is not there yet; durable when this returns.

    Raises:
        FileExistsError: it is there.
        OSError: it cannot be written.
    """
    temporary = _aside(path, content)
    try:
        os.link(temporary, path)  # fails where a rename would replace
    finally:
        temporary.unlink()
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
    temporary = _aside(path, content)
    try:
        temporary.chmod(before.st_mode & 0o777)
        if os.geteuid() == 0:
            os.chown(temporary, before.st_uid, before.st_gid)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def _aside(path: Path, content: bytes) -> Path:
    temporary = path.with_name(f".{path.name}.{random_bytes(4).hex()}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
    with os.fdopen(descriptor, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    return temporary
