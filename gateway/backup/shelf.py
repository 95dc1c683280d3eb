"""The directory that backups lie in, and their names."""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from gateway.backup.errors import BackupError, BackupFailedError
from gateway.backup.model import Manifest
from gateway.backup.reading import BackupFile

_NAME = re.compile(r"sealgate-(?P<node>[A-Za-z0-9.-]+)-(?P<moment>\d{8}T\d{6}Z)\.tar")
_PARTIAL = ".partial"


class Shelf:
    """Backups of one or several nodes. What is under way has a hidden name."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only one that makes a backup here; what others left unfinished is deleted.

        Raises:
            BackupFailedError: another backup is under way.
            OSError: the directory cannot be written to.
        """
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(self.directory / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BackupFailedError(
                    f"another backup into {self.directory} is under way: wait for its end"
                ) from None
            for left in self.directory.glob(f".sealgate-*{_PARTIAL}*"):
                shutil.rmtree(left) if left.is_dir() else left.unlink()
            yield
        finally:
            os.close(lock)

    def path_for(self, node: str, at: datetime) -> Path:
        """The name of a backup of that moment."""
        return self.directory / f"sealgate-{node}-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}.tar"

    def partial(self, path: Path, suffix: str = "") -> Path:
        """Where it is while it is made."""
        return path.with_name(f".{path.name}{_PARTIAL}{suffix}")

    def prove_room(self, size: int) -> None:
        """Raise when so many bytes are not free.

        Raises:
            BackupFailedError: says how many are wanted.
        """
        free = shutil.disk_usage(self.directory).free
        if free < size:
            raise BackupFailedError(
                f"the backup takes about {size >> 20} MiB, and {free >> 20} MiB are free in "
                f"{self.directory}: delete old ones, or name a larger place with --to"
            )

    def backups(self) -> list[Path]:
        """All of them, the newest first; by their names."""
        found = [path for path in self.directory.glob("*.tar") if _NAME.fullmatch(path.name)]
        return sorted(found, key=lambda path: path.name[-len("00000000T000000Z.tar") :])[::-1]

    def newest(self) -> datetime | None:
        """The moment that the newest one shows, as its name has it; None: there is none.

        Raises:
            ValueError: its name has no such moment.
        """
        for path in self.backups():
            moment = path.stem[-len("00000000T000000Z") :]
            return datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return None

    def told(self) -> Iterator[tuple[Path, Manifest | BackupError | OSError]]:
        """Each with its manifest, or with what is wrong with it; contents are not read."""
        for path in self.backups():
            try:
                with BackupFile.opened(path) as backup:
                    yield path, backup.manifest
            except (BackupError, OSError) as error:
                yield path, error

    def keep(self, count: int, *, node: str) -> list[Path]:
        """Delete a node's backups but for the newest ones; gives which were deleted."""
        own = []
        for path in self.backups():
            named = _NAME.fullmatch(path.name)
            if named is not None and named["node"] == node:
                own.append(path)
        for path in own[count:]:
            path.unlink()
        return own[count:]


def the_backup(path: Path) -> Path:
    """The file itself; of a directory, the newest backup in it.

    Raises:
        BackupFailedError: there is none.
    """
    if not path.is_dir():
        return path
    found = Shelf(path).backups()
    if not found:
        raise BackupFailedError(f"there is no backup in {path}: `sealgate backup create` makes one")
    return found[0]
