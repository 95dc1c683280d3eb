"""The files of a watched folder: blocking, and never outside the folder.

Everything is opened from the folder's own descriptor, part by part, and no symbolic link is
followed: whoever may write to a share must not have us read or write elsewhere.
"""

import contextlib
import ctypes
import errno
import fcntl
import os
import signal
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from connectors.arrivals import INBOX, FileState
from connectors.errors import TooLargeError

_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_F_SETSIG: Final = 10  # fcntl has it since Python 3.13

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class FolderTree:
    """An open folder of this machine; implements `connectors.file_tree.FileTree`.

    What is made gets the rights of `inbox`, and not those that the process gives its own files:
    whoever may put documents there is to read the results.
    """

    descriptor: int
    mode: int

    @classmethod
    @contextlib.contextmanager
    def opened(cls, path: Path) -> Iterator[Self]:
        """Open it, for as long as one errand takes: a share may be unmounted in between."""
        # The folder itself may be a link: its path is IT's.
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            yield cls(descriptor, _mode_of_inbox(descriptor))
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def folder(self, path: str, *, make: bool = False) -> Iterator[int]:
        """The descriptor of a folder below; empty: the tree's own."""
        here = os.dup(self.descriptor)
        try:
            for part in filter(None, path.split("/")):
                if make:
                    self._make(part, here)
                below = os.open(part, _FOLDER, dir_fd=here)
                os.close(here)
                here = below
            yield here
        finally:
            os.close(here)

    def _make(self, part: str, here: int) -> None:
        with contextlib.suppress(FileExistsError):
            os.mkdir(part, 0o700, dir_fd=here)
            made = os.open(part, _FOLDER, dir_fd=here)
            try:
                os.fchmod(made, self.mode)
            finally:
                os.close(made)

    def files(self, path: str) -> Iterator[tuple[str, FileState]]:
        """See `FileTree`."""
        waiting = [""]
        while waiting:
            prefix = waiting.pop()
            with self.folder(f"{path}/{prefix}") as folder, os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(f"{prefix}{entry.name}/")
                    elif entry.is_file(follow_symlinks=False):
                        yield prefix + entry.name, _file_state(entry.stat(follow_symlinks=False))

    def names(self, path: str) -> list[str]:
        """See `FileTree`."""
        try:
            with self.folder(path) as folder:
                return sorted(os.listdir(folder))  # noqa: PTH208 - of a descriptor
        except FileNotFoundError:
            return []

    def is_there(self, path: str) -> bool:
        """See `FileTree`."""
        parent, _, name = path.rpartition("/")
        try:
            with self.folder(parent) as folder:
                os.stat(name, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return True

    def read(self, path: str, *, most_bytes: int) -> bytes:
        """See `FileTree`."""
        with self._file(path) as (descriptor, size):
            if size > most_bytes:
                raise TooLargeError
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                content = file.read(most_bytes + 1)
        if len(content) > most_bytes:
            raise TooLargeError
        return content

    def is_quiet(self, path: str, seen: FileState) -> bool:
        """See `FileTree`."""
        try:
            with self._file(path) as (descriptor, _):
                return _file_state(os.fstat(descriptor)) == seen and not _is_written(descriptor)
        except PermissionError:
            return True  # it is taken, and told that it cannot be read
        except OSError:
            return False

    @contextlib.contextmanager
    def _file(self, path: str) -> Iterator[tuple[int, int]]:
        parent, _, name = path.rpartition("/")
        with self.folder(parent) as folder:
            descriptor = os.open(name, _FILE, dir_fd=folder)
        try:
            state = os.fstat(descriptor)
            if not stat.S_ISREG(state.st_mode):
                raise OSError(errno.EINVAL, "it is no regular file")
            yield descriptor, state.st_size
        finally:
            os.close(descriptor)

    def move(self, source: str, target: str) -> None:
        """See `FileTree`."""
        (come, _, old), (go, _, new) = source.rpartition("/"), target.rpartition("/")
        with self.folder(come) as here, self.folder(go, make=True) as there:
            try:
                os.stat(new, dir_fd=there, follow_symlinks=False)
            except FileNotFoundError:
                os.rename(old, new, src_dir_fd=here, dst_dir_fd=there)
            else:
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))

    def replace(self, source: str, target: str) -> None:
        """See `FileTree`."""
        (folder, _, old), (there, _, new) = source.rpartition("/"), target.rpartition("/")
        if folder != there:
            raise ValueError(f"{source} and {target} are in two folders")
        with self.folder(folder) as here:
            os.rename(old, new, src_dir_fd=here, dst_dir_fd=here)

    def write(self, path: str, content: bytes) -> None:
        """See `FileTree`."""
        parent, _, name = path.rpartition("/")
        with self.folder(parent, make=True) as folder:
            try:
                descriptor = os.open(name, _NEW, 0o600, dir_fd=folder)
            except FileExistsError:
                # Not written into: it may be a link, or what somebody reads.
                os.unlink(name, dir_fd=folder)
                descriptor = os.open(name, _NEW, 0o600, dir_fd=folder)
            with os.fdopen(descriptor, "wb") as file:
                os.fchmod(descriptor, self.mode & 0o666)
                file.write(content)

    def remove(self, path: str) -> None:
        """See `FileTree`."""
        parent, _, name = path.rpartition("/")
        with contextlib.suppress(FileNotFoundError), self.folder(parent) as folder:
            os.unlink(name, dir_fd=folder)

    def remove_empty(self, path: str, *, but: str) -> None:
        """See `FileTree`."""
        try:
            if {name for name, _ in self.files(path)} - {but}:
                return
            self.remove(f"{path}/{but}")
            self._remove_folders(path)
        except OSError as error:
            if error.errno not in {errno.ENOENT, errno.ENOTEMPTY}:
                raise

    def _remove_folders(self, path: str) -> None:
        for name in self.names(path):
            self._remove_folders(f"{path}/{name}")
        parent, _, name = path.rpartition("/")
        with self.folder(parent) as folder:
            os.rmdir(name, dir_fd=folder)

    def sync(self) -> None:
        """See `FileTree`."""
        if _libc.syncfs(self.descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))


def _mode_of_inbox(descriptor: int) -> int:
    try:
        state = os.stat(INBOX, dir_fd=descriptor, follow_symlinks=False)
    except FileNotFoundError:
        return 0o700
    return stat.S_IMODE(state.st_mode)


def _file_state(state: os.stat_result) -> FileState:
    return (state.st_ino, state.st_size, state.st_mtime_ns)


def _is_written(descriptor: int) -> bool:
    """Whether anybody on this machine has the file open for writing: then it cannot be leased."""
    try:
        # Were it opened for writing while the lease is held, the signal would end this process;
        # this one is ignored by default.
        fcntl.fcntl(descriptor, _F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    with contextlib.suppress(OSError):
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False
