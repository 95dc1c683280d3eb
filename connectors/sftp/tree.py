"""The files of a folder behind SFTP, for those who work on them from a thread."""

import asyncio
import contextlib
import errno
import stat
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import asyncssh

from connectors.errors import TooLargeError
from connectors.files.arrivals import FileState

T = TypeVar("T")

_ERRNO: Final = {
    asyncssh.SFTPNoSuchFile: errno.ENOENT,
    asyncssh.SFTPNoSuchPath: errno.ENOENT,
    asyncssh.SFTPPermissionDenied: errno.EACCES,
    asyncssh.SFTPFileAlreadyExists: errno.EEXIST,
    asyncssh.SFTPNoSpaceOnFilesystem: errno.ENOSPC,
    asyncssh.SFTPQuotaExceeded: errno.EDQUOT,
}


@dataclass(frozen=True, slots=True)
class SFTPTree:
    """A folder of a server; implements `connectors.files.tree.FileTree`.

    Attributes:
        client: on the loop.
        loop: which runs while calls block on a thread of their own.
        root: the folder's path there.
        timeout_seconds: for each call.
    """

    client: asyncssh.SFTPClient
    loop: asyncio.AbstractEventLoop
    root: str
    timeout_seconds: float

    def files(self, path: str) -> Iterator[tuple[str, FileState]]:
        """See `FileTree`."""
        waiting = [""]
        while waiting:
            prefix = waiting.pop()
            for entry in self._ask(self._entries(f"{path}/{prefix}")):
                name = _text(entry.filename)
                kind = entry.attrs.permissions or 0
                if name in {".", ".."}:
                    continue
                if stat.S_ISDIR(kind):
                    waiting.append(f"{prefix}{name}/")
                elif stat.S_ISREG(kind):
                    yield prefix + name, (entry.attrs.size or 0, int(entry.attrs.mtime or 0))

    def paths(self, path: str) -> Iterator[str]:
        """See `FileTree`."""
        return (name for name, _ in self.files(path))

    def names(self, path: str) -> list[str]:
        """See `FileTree`."""
        try:
            entries = self._ask(self._entries(path))
        except FileNotFoundError:
            return []
        return sorted({_text(each.filename) for each in entries} - {".", ".."})

    def is_there(self, path: str) -> bool:
        """See `FileTree`."""
        try:
            self._ask(self.client.lstat(self._at(path)))
        except FileNotFoundError:
            return False
        return True

    def read(self, path: str, *, most_bytes: int) -> bytes:
        """See `FileTree`."""

        async def read() -> bytes:
            async with self.client.open(self._at(path), "rb") as file:
                content: bytes = await file.read(most_bytes + 1)
                return content

        content = self._ask(read())
        if len(content) > most_bytes:
            raise TooLargeError
        return content

    def is_quiet(self, path: str, seen: FileState) -> bool:
        """See `FileTree`; who has it open, no SFTP server tells."""
        try:
            state = self._ask(self.client.lstat(self._at(path)))
        except FileNotFoundError:
            return False
        return stat.S_ISREG(state.permissions or 0) and seen == (
            state.size or 0,
            int(state.mtime or 0),
        )

    def move(self, source: str, target: str) -> None:
        """See `FileTree`."""
        # Not every server refuses to rename over a file.
        if self.is_there(target):
            raise FileExistsError(errno.EEXIST, "it is there already", target)
        self._make_folder(target.rpartition("/")[0])
        self._ask(self.client.rename(self._at(source), self._at(target)))

    def replace(self, source: str, target: str) -> None:
        """See `FileTree`."""
        self._ask(self.client.posix_rename(self._at(source), self._at(target)))

    def write(self, path: str, content: bytes) -> None:
        """See `FileTree`."""

        async def write() -> None:
            async with self.client.open(self._at(path), "wb") as file:
                await file.write(content)
                with contextlib.suppress(asyncssh.SFTPOpUnsupported):
                    await file.fsync()

        self._make_folder(path.rpartition("/")[0])
        self._ask(write())

    def remove(self, path: str) -> None:
        """See `FileTree`."""
        with contextlib.suppress(FileNotFoundError):
            self._ask(self.client.remove(self._at(path)))

    def remove_empty(self, path: str, *, but: str) -> None:
        """See `FileTree`."""
        with contextlib.suppress(FileNotFoundError):
            if any(name != but for name in self.paths(path)):
                return
            self.remove(f"{path}/{but}")
            self._remove_folders(path)

    def sync(self) -> None:
        """See `FileTree`: each file was, as it was written."""

    def _remove_folders(self, path: str) -> None:
        for name in self.names(path):
            self._remove_folders(f"{path}/{name}")
        self._ask(self.client.rmdir(self._at(path)))

    def _make_folder(self, path: str) -> None:
        if path and not self.is_there(path):
            self._make_folder(path.rpartition("/")[0])
            with contextlib.suppress(OSError):  # another may have made it; else the next step fails
                self._ask(self.client.mkdir(self._at(path)))

    async def _entries(self, path: str) -> list[asyncssh.SFTPName]:
        return [entry async for entry in self.client.scandir(self._at(path))]

    def _at(self, path: str) -> bytes:
        return f"{self.root}/{path}".encode("utf-8", "surrogateescape")

    def _ask(self, question: Coroutine[Any, Any, T]) -> T:
        return asked(question, self.loop, self.timeout_seconds)


def asked(question: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop, seconds: float) -> T:
    """What a coroutine on the loop gives, waited for on another thread.

    Raises:
        OSError: the server refused, or does not answer.
    """
    running = asyncio.run_coroutine_threadsafe(question, loop)
    try:
        return running.result(seconds)
    except TimeoutError:
        running.cancel()
        raise OSError(errno.ETIMEDOUT, f"no answer within {seconds:g} s") from None
    except asyncssh.SFTPError as error:
        raise OSError(_ERRNO.get(type(error), errno.EIO), error.reason) from error
    except asyncssh.Error as error:
        raise OSError(errno.ECONNABORTED, error.reason) from error


def _text(name: bytes | str) -> str:
    return name if isinstance(name, str) else name.decode("utf-8", "surrogateescape")
