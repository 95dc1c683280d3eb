"""What a watched folder is to those who work on it, wherever it is."""

from collections.abc import Iterator
from typing import Protocol

from connectors.files.arrivals import FileState


class FileTree(Protocol):
    """An open folder; paths are relative to it, with `/` between their parts. Calls block.

    No symbolic link below it is followed.

    Raises:
        FileNotFoundError: by all, where a path leads nowhere and nothing else is said.
        OSError: by all, where the folder cannot be used.
    """

    def files(self, path: str) -> Iterator[tuple[str, FileState]]:
        """Every regular file below a folder, by its path from there."""
        ...

    def paths(self, path: str) -> Iterator[str]:
        """The same without their states, which are asked for one by one."""
        ...

    def names(self, path: str) -> list[str]:
        """What is in a folder, sorted; nothing, where there is no folder."""
        ...

    def is_there(self, path: str) -> bool:
        """Whether a file, folder or link has this path."""
        ...

    def read(self, path: str, *, most_bytes: int) -> bytes:
        """All of a regular file.

        Raises:
            TooLargeError: it has more bytes.
        """
        ...

    def is_quiet(self, path: str, seen: FileState) -> bool:
        """Whether the file is still as it was, and nobody is known to have it open for writing."""
        ...

    def move(self, source: str, target: str) -> None:
        """Rename a file or folder; folders on the way to the target are made.

        Raises:
            FileExistsError: something has that path.
        """
        ...

    def replace(self, source: str, target: str) -> None:
        """Rename a file within its folder, in place of any file of that name."""
        ...

    def write(self, path: str, content: bytes) -> None:
        """Write a file, in place of any that is there. Durable with the next `sync`."""
        ...

    def remove(self, path: str) -> None:
        """Remove a file, if it is there."""
        ...

    def remove_empty(self, path: str, *, but: str) -> None:
        """Remove a folder in which there is nothing any more but empty folders and `but`."""
        ...

    def sync(self) -> None:
        """Return when everything that was written and renamed is on the disk."""
        ...
