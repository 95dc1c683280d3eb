"""Files that are there whole or not at all, whoever looks and whatever breaks off."""

import os
from collections.abc import Callable
from pathlib import Path


def _as_it_is(_file: int) -> None:
    """Mode and owner are those of whatever this process writes."""


def write_whole(path: Path, data: bytes, *, prepare: Callable[[int], None] = _as_it_is) -> None:
    """Beside it first: nobody sees half of it, and a power cut leaves no half of it.

    Args:
        path: of the file.
        data: all of it.
        prepare: is given the file's descriptor while there is nothing in it.

    Raises:
        OSError: it cannot be written.
    """
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("wb") as out_file:
        prepare(out_file.fileno())
        out_file.write(data)
        out_file.flush()
        os.fsync(out_file.fileno())
    partial.replace(path)
