"""Room on the disk: seen in time, with a reserve for what is under way when it runs out."""

import os
from pathlib import Path

import structlog

from gateway.store.errors import StoreProblem

_FILE = "reserve"

_log = structlog.get_logger("store")


class Reserve:
    """A file that only takes up room, until the room is needed.

    When the disk is all but full the file is deleted: that room is for what is under way, while
    nothing new is taken in. When there is room again it is made anew.
    """

    def __init__(self, directory: Path, *, least_free: int, size: int) -> None:
        """Look, and make the file if there is room.

        Args:
            directory: of the state; the file is in it.
            least_free: bytes that must be free for new work to be taken in.
            size: of the file in bytes; 0: none is kept.
        """
        self._directory = directory
        self._path = directory / _FILE
        self._least_free = least_free
        self._size = size
        self.free = 0
        self.look()

    @property
    def is_kept(self) -> bool:
        """Whether the reserve is there, or none is wanted."""
        return self._size == 0 or self._path.exists()

    def shortage(self) -> str | None:
        """Why nothing new is taken in, as of the last look; None: there is room."""
        if self.free >= self._least_free and self.is_kept:
            return None
        return f"{self.free >> 20} MiB are free, {self._least_free >> 20} MiB are wanted"

    def prove(self) -> None:
        """Raise while the reserve is given up.

        Raises:
            StoreProblem: the disk is all but full.
        """
        self.look()
        if not self.is_kept:
            raise StoreProblem(f"the disk is all but full: {self.free} bytes are free")

    def look(self) -> None:
        """See how much is free; give the reserve up, or make it anew."""
        self.free = self._free()
        if self._size == 0:
            return
        if self._path.exists():
            if self.free < self._size // 2:
                self._path.unlink(missing_ok=True)
                self.free = self._free()
                _log.error("reserve_given_up", free=self.free)
        elif self.free >= self._least_free + self._size:
            self._make()

    def _free(self) -> int:
        disk = os.statvfs(self._directory)
        return disk.f_bavail * disk.f_frsize

    def _make(self) -> None:
        new = self._path.with_suffix(".new")
        try:
            with new.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, self._size)
            new.replace(self._path)
        except OSError as error:
            new.unlink(missing_ok=True)
            _log.warning("reserve_not_made", error=str(error))
            return
        self.free = self._free()
        _log.info("reserve_made", bytes=self._size)
