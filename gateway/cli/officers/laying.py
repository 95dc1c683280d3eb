"""Laying files into the folder `freezes`, for the gateway's user and nobody else.

They name counterparties, and say why somebody distrusts them. But a freeze that the gateway cannot
read freezes nothing: where it is not known whom to close it to, everybody may read.
"""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from gateway.cli.files.whole_files import write_whole


@dataclass(frozen=True, slots=True)
class _Reader:
    """Whose the state is, as whom the gateway runs."""

    user: int
    group: int


def lay(folder: Path, name: str, content: bytes, *, state_directory: Path) -> None:
    """Put a file there whole; the folder is made, if there is none, and otherwise left as it is.

    Args:
        folder: `freezes`, where policies arrive.
        name: of the file.
        content: all of it.
        state_directory: the gateway's, by whose owner it is known who must read.

    Raises:
        OSError: it cannot be written.
    """
    reader = _reader(state_directory)
    if not folder.is_dir():
        folder.mkdir(mode=0o700)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            _close(descriptor, reader, alone=0o700, shared=0o750, public=0o755)
        finally:
            os.close(descriptor)

    def prepare(file: int) -> None:
        _close(file, reader, alone=0o600, shared=0o640, public=0o644)

    write_whole(folder / name, content, prepare=prepare)


def _close(
    descriptor: int, reader: _Reader | None, *, alone: int, shared: int, public: int
) -> None:
    """Close it but for the reader: our own user alone, or shared with the reader's group."""
    mode = public
    if reader is not None and reader.user == os.geteuid():
        mode = alone
    elif reader is not None:
        # Only root, and members of a group, give something to it.
        with contextlib.suppress(PermissionError):
            os.fchown(descriptor, -1, reader.group)
            mode = shared
    os.fchmod(descriptor, mode)


def _reader(state_directory: Path) -> _Reader | None:
    """None: no gateway was ever started here."""
    try:
        found = state_directory.stat()
    except OSError:
        return None
    return _Reader(found.st_uid, found.st_gid)
