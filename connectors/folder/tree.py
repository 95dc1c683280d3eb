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

from connectors.errors import TooLargeError
from connectors.files.arrivals import INBOX, FileState
from connectors.folder.opened import FOLDER, OpenFolders

_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_MORE_BYTES: Final = 1 << 16
_F_SETSIG: Final = 10  # fcntl has it since Python 3.13

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class FolderTree:
    """An open folder of this machine; implements `connectors.files.tree.FileTree`.

    What is made gets the rights of `inbox`, and not those that the process gives its own files:
    whoever may put documents there is to read the results.

    Each call of the system lets go of the interpreter, which others then hold for a while: there
    are as few of them a file as can be.
    """

    descriptor: int
    mode: int
    folders: OpenFolders

    @classmethod
    @contextlib.contextmanager
    def opened(cls, path: Path) -> Iterator[Self]:
        """Open it, for as long as one errand takes: a share may be unmounted in between."""
        # The folder itself may be a link: its path is IT's.
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            mode = _mode_of_inbox(descriptor)
            with contextlib.closing(OpenFolders(descriptor, mode=mode)) as folders:
                yield cls(descriptor, mode, folders)
        finally:
            os.close(descriptor)

    def files(self, path: str) -> Iterator[tuple[str, FileState]]:
        """See `FileTree`."""
        for below, entry in self._entries(path):
            yield below, _file_state(entry.stat(follow_symlinks=False))

    def paths(self, path: str) -> Iterator[str]:
        """See `FileTree`."""
        return (below for below, _ in self._entries(path))

    def _entries(self, path: str) -> Iterator[tuple[str, "os.DirEntry[str]"]]:
        waiting = [""]
        while waiting:
            prefix = waiting.pop()
            with self._listed(f"{path}/{prefix}"[:-1]) as folder, os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(f"{prefix}{entry.name}/")
                    elif entry.is_file(follow_symlinks=False):
                        yield prefix + entry.name, entry

    @contextlib.contextmanager
    def _listed(self, path: str) -> Iterator[int]:
        """A folder opened once more: how far it was listed belongs to the descriptor."""
        descriptor = os.open(".", FOLDER, dir_fd=self.folders.at(path))
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def names(self, path: str) -> list[str]:
        """See `FileTree`."""
        try:
            with self._listed(path) as folder:
                return sorted(os.listdir(folder))  # noqa: PTH208 - of a descriptor
        except FileNotFoundError:
            return []

    def is_there(self, path: str) -> bool:
        """See `FileTree`."""
        parent, _, name = path.rpartition("/")
        try:
            os.stat(name, dir_fd=self.folders.at(parent), follow_symlinks=False)
        except FileNotFoundError:
            return False
        return True

    def read(self, path: str, *, most_bytes: int) -> bytes:
        """See `FileTree`."""
        with self._file(path) as descriptor:
            state = os.fstat(descriptor)
            if not stat.S_ISREG(state.st_mode):
                raise OSError(errno.EINVAL, "it is no regular file")
            if state.st_size > most_bytes:
                raise TooLargeError
            content = _read(descriptor, state.st_size, most_bytes=most_bytes)
        if len(content) > most_bytes:
            raise TooLargeError
        return content

    def is_quiet(self, path: str, seen: FileState) -> bool:
        """See `FileTree`."""
        try:
            with self._file(path) as descriptor:
                return not _is_written(descriptor) and _file_state(os.fstat(descriptor)) == seen
        except PermissionError:
            return True  # it is taken, and told that it cannot be read
        except OSError:
            return False

    @contextlib.contextmanager
    def _file(self, path: str) -> Iterator[int]:
        parent, _, name = path.rpartition("/")
        descriptor = os.open(name, _FILE, dir_fd=self.folders.at(parent))
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def move(self, source: str, target: str) -> None:
        """See `FileTree`."""
        (come, _, old), (go, _, new) = source.rpartition("/"), target.rpartition("/")
        here, there = self.folders.at(come), self.folders.at(go, make=True)
        try:
            os.stat(new, dir_fd=there, follow_symlinks=False)
        except FileNotFoundError:
            os.rename(old, new, src_dir_fd=here, dst_dir_fd=there)
            self.folders.forget(source)
        else:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))

    def replace(self, source: str, target: str) -> None:
        """See `FileTree`."""
        (folder, _, old), (there, _, new) = source.rpartition("/"), target.rpartition("/")
        if folder != there:
            raise ValueError(f"{source} and {target} are in two folders")
        here = self.folders.at(folder)
        os.rename(old, new, src_dir_fd=here, dst_dir_fd=here)

    def write(self, path: str, content: bytes) -> None:
        """See `FileTree`."""
        parent, _, name = path.rpartition("/")
        folder = self.folders.at(parent, make=True)
        try:
            descriptor = os.open(name, _NEW, 0o600, dir_fd=folder)
        except FileExistsError:
            # Not written into: it may be a link, or what somebody reads.
            os.unlink(name, dir_fd=folder)
            descriptor = os.open(name, _NEW, 0o600, dir_fd=folder)
        try:
            os.fchmod(descriptor, self.mode & 0o666)
            _write(descriptor, content)
        finally:
            os.close(descriptor)

    def remove(self, path: str) -> None:
        """See `FileTree`."""
        parent, _, name = path.rpartition("/")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self.folders.at(parent))

    def remove_empty(self, path: str, *, but: str) -> None:
        """See `FileTree`."""
        try:
            if any(name != but for name in self.paths(path)):
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
        self.folders.forget(path)
        os.rmdir(name, dir_fd=self.folders.at(parent))

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


def _read(descriptor: int, size: int, *, most_bytes: int) -> bytes:
    """All that is in a file that had this size, and no more than one byte too many."""
    pieces, left, ask = [], most_bytes + 1, size + 1
    while left and (piece := os.read(descriptor, min(left, ask))):
        pieces.append(piece)
        left, ask = left - len(piece), _MORE_BYTES
    return b"".join(pieces)


def _write(descriptor: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]


def _is_written(descriptor: int) -> bool:
    """Whether anybody on this machine has the file open for writing: then it cannot be leased.

    The lease ends when the descriptor is closed, so that it is closed soon.
    """
    try:
        # Were it opened for writing while the lease is held, the signal would end this process;
        # this one is ignored by default.
        fcntl.fcntl(descriptor, _F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    return False
