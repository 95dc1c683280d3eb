"""The file that a backup is: a tar that any `tar` reads, written once from front to end."""

import tarfile
from datetime import datetime
from hashlib import sha256
from typing import BinaryIO, Final

from gateway.backup.errors import BackupFailedError
from gateway.backup.model import FileEntry

CHUNK: Final = 1024 * 1024
BLOCK: Final = tarfile.BLOCKSIZE


class BackupWriter:
    """Appends members and keeps their digests.

    Attributes:
        files: what was written so far.
    """

    def __init__(self, file: BinaryIO, *, moment: datetime) -> None:
        """Write to `file`; `moment` is what members are dated by."""
        self._file = file
        self._moment = int(moment.timestamp())
        self.files: dict[str, FileEntry] = {}

    def add(self, name: str, source: BinaryIO, size: int) -> None:
        """Copy the first `size` bytes of `source`.

        Raises:
            BackupFailedError: it has fewer.
            OSError: it cannot be read, or nothing can be written.
        """
        self._begin(name, size)
        digest, left = sha256(), size
        while left:
            chunk = source.read(min(CHUNK, left))
            if not chunk:
                raise BackupFailedError(
                    f"{name} has {left} bytes fewer than it had: is something else writing there?"
                )
            digest.update(chunk)
            self._file.write(chunk)
            left -= len(chunk)
        self._end(size)
        self.files[name] = FileEntry(sha256=digest.hexdigest(), size=size)

    def add_bytes(self, name: str, content: bytes) -> None:
        """Write a small member.

        Raises:
            OSError: nothing can be written.
        """
        self._begin(name, len(content))
        self._file.write(content)
        self._end(len(content))
        self.files[name] = FileEntry(sha256=sha256(content).hexdigest(), size=len(content))

    def finish(self) -> None:
        """Write the end that a tar has."""
        self._file.write(bytes(2 * BLOCK))

    def _begin(self, name: str, size: int) -> None:
        header = tarfile.TarInfo(name)
        header.size, header.mtime, header.mode = size, self._moment, 0o600
        # GNU's form: long names and databases of more than 8 GiB, without a header of pax.
        self._file.write(header.tobuf(tarfile.GNU_FORMAT, "utf-8", "strict"))

    def _end(self, size: int) -> None:
        self._file.write(bytes(-size % BLOCK))
