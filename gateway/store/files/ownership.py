"""One gateway a state directory: a second would write a second history into the same log."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from gateway.store.errors import StateInUseError

RESTORING: Final = "restoring"
"""A file in the directory while a backup is put back, and after a restore that was cut off."""


@contextmanager
def sole_owner(directory: Path, *, restoring: bool = False) -> Iterator[None]:
    """Hold the directory's lock; the kernel gives it back however this process ends (flock(2)).

    Args:
        directory: of the state.
        restoring: whether this is who puts a backup back.

    Raises:
        StateInUseError: another process holds it, whose pid is named; or only half of a backup was
            put back.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Root puts backups back where the service's user could have left a link.
    descriptor = os.open(
        directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600
    )
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip() or "unknown"
            raise StateInUseError(
                f"another gateway (pid {holder}) uses {directory}: stop it first, or give this one "
                "a state_directory of its own"
            ) from None
        if not restoring and (directory / RESTORING).exists():
            raise StateInUseError(
                f"a restore into {directory} was cut off, and half of a state would begin a second "
                "history: run `sealgate backup restore` with the same backup again"
            )
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)
