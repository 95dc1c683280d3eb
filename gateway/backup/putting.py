"""How a restore writes a file: whole or not at all, on the disk, and with the owner it needs."""

import os
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path

from gateway.durable import sync_directory
from gateway.freezes.closing import Reader, close_file, make_folder


def put_file(
    chunks: Iterator[bytes], place: Path, owner: tuple[int, int] | None, *, is_secret: bool
) -> None:
    """Write it under another name, and have it its own only when it is whole and on the disk.

    Args:
        chunks: of its content.
        place: where it goes; folders that are not there are made.
        owner: user and group that it and those folders belong to; None: whoever runs this.
        is_secret: whether it is for its owner alone, or for everybody to read.

    Raises:
        OSError: the disk refuses.
    """
    _make_directories(place.parent, owner, 0o700 if is_secret else 0o755)

    def prepare(file: int) -> None:
        if owner is not None:
            os.fchown(file, *owner)
        if not is_secret:
            os.fchmod(file, 0o644)

    _write(chunks, place, prepare)


def put_freeze(chunks: Iterator[bytes], place: Path, owner: tuple[int, int] | None) -> None:
    """A file of the folder `freezes`: for the gateway's user, whose the state is; see `put_file`.

    `owner` None: that is whoever runs this.
    """
    reader = Reader(os.geteuid(), os.getegid()) if owner is None else Reader(*owner)
    folder = place.parent
    _make_directories(folder.parent, None, 0o755)
    if not folder.exists():
        make_folder(folder, reader)
        sync_directory(folder.parent)
    _write(chunks, place, partial(close_file, reader=reader))


def write_durably(path: Path, content: bytes, owner: tuple[int, int] | None) -> None:
    """A small file for its owner alone; see `put_file`."""
    put_file(iter([content]), path, owner, is_secret=True)


def digest_of(path: Path) -> str:
    """SHA-256 of a file, hex."""
    with path.open("rb") as file:
        digest = sha256()
        while chunk := file.read(1024 * 1024):
            digest.update(chunk)
    return digest.hexdigest()


def owner_of(directory: Path) -> tuple[int, int] | None:
    """Whose the state is, where root puts it back; None: whoever runs this."""
    if os.geteuid() != 0 or not directory.exists():
        return None
    found = directory.stat()
    return found.st_uid, found.st_gid


def _write(chunks: Iterator[bytes], place: Path, prepare: Callable[[int], None]) -> None:
    """`prepare` is given the file's descriptor while nobody finds it under its own name."""
    unfinished = place.with_name(f".{place.name}.restoring")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        for chunk in chunks:
            out.write(chunk)
        prepare(out.fileno())
        out.flush()
        os.fsync(out.fileno())
    unfinished.replace(place)
    sync_directory(place.parent)


def _make_directories(directory: Path, owner: tuple[int, int] | None, mode: int) -> None:
    if directory.exists():
        return
    _make_directories(directory.parent, owner, mode)
    directory.mkdir(mode=mode)
    if owner is not None:
        os.chown(directory, *owner, follow_symlinks=False)
    sync_directory(directory.parent)
