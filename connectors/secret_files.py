"""Passwords and keys: in files, read when they are needed, so that a new one needs no restart."""

from pathlib import Path

_MOST_BYTES = 65_536


def first_line(path: Path) -> str:
    """The first line of the file, without its end.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no UTF-8, or longer than any secret; the message holds no part of it.
    """
    with path.open("rb") as file:
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise ValueError(f"{path} is no file of a secret: it has more than {_MOST_BYTES:,} bytes")
    try:
        return content.decode("utf-8").partition("\n")[0].removesuffix("\r")
    except UnicodeDecodeError:
        raise ValueError(f"{path} is no file of a secret: it is no UTF-8") from None
