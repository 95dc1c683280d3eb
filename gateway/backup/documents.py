"""The segments of sealed documents that a moment of the database points at.

A segment is only ever appended to, and what a row points at was on the disk before the row was. So
a copy that is made after the moment of the database lacks nothing of it. Two things are taken away
later: a segment of inputs when nothing in it is wanted any more, and the content of a document when
its time is over. The first is held open here from the moment on; of the second `is_erased_since`
knows.
"""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, Self

from sqlalchemy import Connection

from gateway.backup.errors import BackupFailedError
from gateway.backup.places import DOCUMENTS
from gateway.backup.writing import BLOCK, BackupWriter
from gateway.batches.inputs import SHELF as INPUTS
from gateway.store.acknowledged import acknowledged_ends

_UNCLAIMED: Final = "unclaimed"


class SegmentGoneError(Exception):
    """A segment that the moment points at was deleted before it could be held."""


@dataclass(slots=True)
class Segments:
    """What is copied of each segment: so many bytes. Use as a context manager."""

    _directory: Path
    _lengths: Mapping[str, int]
    _held: dict[str, BinaryIO] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)

    @classmethod
    def of(cls, connection: Connection, directory: Path) -> "Segments":
        """Of the moment that the connection reads; ask as soon as it is held.

        Raises:
            SegmentGoneError: one is gone by now.
        """
        ends = acknowledged_ends(connection)
        made = cls(directory, {name: -(-end // BLOCK) * BLOCK for name, end in ends.items()})
        try:
            for name in ends:
                if Path(name).parts[0] == INPUTS:
                    made._held[name] = made._stack.enter_context((directory / name).open("rb"))
        except FileNotFoundError as error:
            made._stack.close()
            raise SegmentGoneError(str(error.filename)) from error
        return made

    def __enter__(self) -> Self:
        """Nothing more is needed."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of what is held."""
        self._stack.close()

    def size(self) -> int:
        """How many bytes all of them take."""
        return sum(self._lengths.values()) + sum(path.stat().st_size for path in self._aside())

    def copy_to(self, writer: BackupWriter) -> None:
        """Write them all.

        Raises:
            BackupFailedError: one is gone or shorter than the database says.
            OSError: one cannot be read.
        """
        for name, length in sorted(self._lengths.items()):
            try:
                file = self._held.get(name) or (self._directory / name).open("rb")
            except FileNotFoundError:
                raise BackupFailedError(
                    f"segment {self._directory / name} is gone, so sealed documents are missing: "
                    "put it back from the newest backup, then run this again"
                ) from None
            with file:
                writer.add(f"{DOCUMENTS}{name}", file, length)
        for path in self._aside():
            with path.open("rb") as file:
                name = f"{DOCUMENTS}{_UNCLAIMED}/{path.name}"
                writer.add(name, file, path.stat().st_size)

    def _aside(self) -> list[Path]:
        """What a start put aside: it may be what somebody was given, after a loss."""
        return sorted((self._directory / _UNCLAIMED).glob("*.tar"))


def is_erased_since(content: bytes, *, keep_until: int | None, finished_at: float) -> bool:
    """Whether a document's content is gone because its time was over while it was backed up.

    Args:
        content: what stands in its place.
        keep_until: its end, Unix seconds.
        finished_at: when the backup was complete, Unix seconds.
    """
    return keep_until is not None and keep_until <= finished_at and not content.strip(b"\0")
