"""What survives a power cut."""

import os
from pathlib import Path


def sync_directory(directory: Path) -> None:
    """Have the names in it survive a power cut: a file's own fsync(2) does not keep its name.

    Raises:
        OSError: it is no directory, or the disk refuses.
    """
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
