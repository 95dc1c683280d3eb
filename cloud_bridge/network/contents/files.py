"""Bodies of contents as files, at `ENVELOPE/DIGEST-OWN` below a directory."""

import contextlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

_FOLDER: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FILE: Final = re.compile(r"[0-9a-f]{64}-[0-9a-f]{32}")
_MOST_TRIES: Final = 10


def keep(directory: Path, bodies: Mapping[str, bytes]) -> None:
    """Write new files, by their names below a directory; they and their names are on the disk then.

    Raises:
        OSError: one could not be written; none of them is there.
    """
    try:
        for file, body in bodies.items():
            _write(directory / file, body)
        folders = {(directory / file).parent for file in bodies}
        for folder in (*folders, directory):
            _make_durable(folder)
    except OSError:
        forget(directory, bodies)
        raise


def _write(path: Path, body: bytes) -> None:
    with os.fdopen(_made(path), "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())


def _made(path: Path, *, tried: int = 1) -> int:
    """The descriptor of a new file.

    Its folder may go between the two steps: `forget`, of what else was in it.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    except FileNotFoundError:
        if tried == _MOST_TRIES:
            raise
    return _made(path, tried=tried + 1)


def _make_durable(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def forget(directory: Path, files: Iterable[str]) -> None:
    """Remove files, and the folders that are empty without them."""
    for file in files:
        path = directory / file
        path.unlink(missing_ok=True)
        _remove_if_empty(path.parent)


def _remove_if_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):  # others lie there still
        folder.rmdir()


def all_of(directory: Path) -> Iterator[str]:
    """The names of all bodies, read as they are asked for; folders without anything are removed.

    Whatever else lies there, such as a file server's own files, is passed over.

    Raises:
        OSError: something cannot be listed; that it has gone meanwhile is nothing.
    """
    for folder in _listed(directory):
        if _FOLDER.fullmatch(folder.name) and folder.is_dir(follow_symlinks=False):
            is_empty = True
            for file in _listed(Path(folder.path)):
                is_empty = False
                if _FILE.fullmatch(file.name) and file.is_file(follow_symlinks=False):
                    yield f"{folder.name}/{file.name}"
            if is_empty:
                _remove_if_empty(Path(folder.path))


def _listed(folder: Path) -> Iterator["os.DirEntry[str]"]:
    try:
        listing = os.scandir(folder)
    except FileNotFoundError:
        return
    with listing:
        yield from listing


def present(directory: Path) -> float:
    """The present moment by the clock of whoever keeps the directory, as files' ages are by it.

    Raises:
        OSError: it is not there, or not ours.
    """
    os.utime(directory)  # which needs no room, so it can be told where the disk is full, too
    return directory.stat().st_mtime


def written_before(directory: Path, files: Iterable[str], *, moment: float) -> list[str]:
    """Those of the files that were written before a moment (seconds, see `present`)."""
    return [file for file in files if _is_before(directory / file, moment)]


def _is_before(path: Path, moment: float) -> bool:
    try:
        return path.stat(follow_symlinks=False).st_mtime < moment
    except FileNotFoundError:  # another node has removed it
        return False
