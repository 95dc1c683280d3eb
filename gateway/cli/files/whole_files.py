"""Files that are there whole or not at all, whoever looks and whatever breaks off."""

import os
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Beside it first: nobody sees half of it, and a power cut leaves no half of it.

    Raises:
        OSError: it cannot be written.
    """
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("wb") as out_file:
        out_file.write(data)
        out_file.flush()
        os.fsync(out_file.fileno())
    partial.replace(path)
