"""Files that a command is given: their bytes, or why not, and a name that can be told."""

from pathlib import Path


def read_file(file: Path, max_bytes: int) -> bytes | str:
    """The file's bytes, one more than `max_bytes` at most; or a sentence that says why not."""
    try:
        if not file.exists():
            return "there is no such file"
        if not file.is_file():
            return "it is not a regular file"
        with file.open("rb") as opened:
            # One byte more than is looked at, so that a larger file is refused and not cut.
            return opened.read(max_bytes + 1)
    except OSError as error:
        return f"it cannot be read: {error.strerror}"


def name_of(file: Path) -> str:
    """The name as UTF-8: one may hold bytes that are none, which JSON has not."""
    return str(file).encode("utf-8", "replace").decode()
