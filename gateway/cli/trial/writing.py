"""Files of a trial: its owner's alone, whole or not at all."""

import os
from collections.abc import Callable
from pathlib import Path


def write_once(path: Path, content: Callable[[], str]) -> None:
    """Write the file, unless it is there."""
    if not path.exists():
        write(path, content())


def write(path: Path, content: str | bytes) -> None:
    """Written aside and renamed: an `init` that breaks off leaves no half a PIN behind."""
    temporary = path.with_name(f".{path.name}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(content.encode() if isinstance(content, str) else content)
    temporary.replace(path)
