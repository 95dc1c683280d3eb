"""Bodies of contents as files."""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path


def keep(path: Path, body: bytes) -> bool:
    """The file, and its name, are on the disk when this returns; whether it is new."""
    is_new = not path.exists()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{id(body):x}.draft")
    with draft.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    for folder in (path.parent, path.parent.parent):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    return is_new


def forget(directory: Path, files: Iterable[str]) -> None:
    """Remove files, and the folders that are empty without them."""
    for file in files:
        path = directory / file
        path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # others lie there still
            path.parent.rmdir()
