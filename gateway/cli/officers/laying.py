"""Laying files into the folder `freezes`, so that the gateway can read them, and nobody else."""

from functools import partial
from pathlib import Path

from gateway.cli.files.whole_files import write_whole
from gateway.freezes.closing import Reader, close_file, make_folder


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
        make_folder(folder, reader)
    write_whole(folder / name, content, prepare=partial(close_file, reader=reader))


def _reader(state_directory: Path) -> Reader | None:
    """None: no gateway was ever started here."""
    try:
        found = state_directory.stat()
    except OSError:
        return None
    return Reader(found.st_uid, found.st_gid)
