"""Bodies of contents as files."""

import contextlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path


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
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())


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
        with contextlib.suppress(OSError):  # others lie there still
            path.parent.rmdir()
