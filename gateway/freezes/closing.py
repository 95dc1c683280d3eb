"""The folder `freezes` and its files are for the gateway's user, and for nobody else.

They name counterparties, and say why somebody distrusts them. But a freeze that the gateway cannot
read freezes nothing: where it is not known whom to close it to, everybody may read.
"""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Reader:
    """As whom the gateway runs: whose the state is, by user and group id."""

    user: int
    group: int


def make_folder(folder: Path, reader: Reader | None) -> None:
    """Make it, closed but for the reader; None: nobody knows who that is.

    Raises:
        OSError: it is there already, or cannot be made.
    """
    folder.mkdir(mode=0o700)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _close(descriptor, reader, alone=0o700, shared=0o750, public=0o755)
    finally:
        os.close(descriptor)


def close_file(descriptor: int, reader: Reader | None) -> None:
    """Close a file of it but for the reader, before it has its name; None: as above."""
    _close(descriptor, reader, alone=0o600, shared=0o640, public=0o644)


def _close(descriptor: int, reader: Reader | None, *, alone: int, shared: int, public: int) -> None:
    """Our own user alone where that is the reader, or shared with the reader's group."""
    mode = public
    if reader is not None and reader.user == os.geteuid():
        mode = alone
    elif reader is not None:
        # Only root, and members of a group, give something to it.
        with contextlib.suppress(PermissionError):
            os.fchown(descriptor, -1, reader.group)
            mode = shared
    os.fchmod(descriptor, mode)
