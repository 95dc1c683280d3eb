"""The log that callers keep: what they asked and were told, in a file of their own."""

import os
from pathlib import Path
from typing import Any, Self, get_args

import msgspec

from tests.chaos.model import Event


class ClientLog:
    """What a caller knows, on the disk before it acts on it. Use as a context manager."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1
        self.events: list[Event] = []

    def __enter__(self) -> Self:
        """Open the file; what is in it stays."""
        self._descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        os.close(self._descriptor)

    def note(self, event: Event) -> None:
        """Write it down, durably."""
        kind = {"event": type(event).__name__.lower()}
        os.write(self._descriptor, msgspec.json.encode(kind | msgspec.to_builtins(event)) + b"\n")
        os.fdatasync(self._descriptor)
        self.events.append(event)


def read_client_log(path: Path) -> tuple[Event, ...]:
    """All that was noted."""
    types: dict[str, Any] = {each.__name__.lower(): each for each in get_args(Event)}
    lines = [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]
    return tuple(msgspec.convert(line, types[line.pop("event")]) for line in lines)
