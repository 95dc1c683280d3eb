"""Sealed documents in tar files that are only ever appended to: any `tar` reads them.

One file a document would cost a journal transaction of the file system each, about 1 ms on the
machine of docs/adr/0006; appended to one file, many documents share one sync (18,000/s there). A
segment is a POSIX tar without its closing zero blocks, which every tar accepts; a new one begins
with each start, each day and each GiB.
"""

import asyncio
import contextlib
import os
import secrets
import shutil
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self, TypeVar

import structlog

from gateway.clock import Clock
from gateway.store.errors import ContentDamagedError, StoreProblem
from gateway.store.groups import Errand, GroupThread, tell
from gateway.store.lane import Transaction, WriterLane

T = TypeVar("T")

_MOST_IN_ONE_SYNC = 256
_SEGMENT_BYTES = 1024**3
_WRITEV_PARTS = 512
_LEAST_FREE_BYTES = 64 * 1024 * 1024

_log = structlog.get_logger("store")


@dataclass(frozen=True, slots=True)
class Location:
    """Where a document's bytes are: the segment's name, and the offset of the first byte in it."""

    segment: str
    offset: int


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    moment: datetime
    parts: Sequence[bytes]
    pass_on: Callable[[Location], None] | None = None


def prove_room(directory: Path) -> None:
    """Raise when the disk is all but full.

    Raises:
        StoreProblem: less than 64 MiB are free.
    """
    disk = os.statvfs(directory)
    free = disk.f_bavail * disk.f_frsize
    if free < _LEAST_FREE_BYTES:
        raise StoreProblem(f"only {free} bytes are free for documents and records")


class ContentStore:
    """Keeps sealed documents. Use as an async context manager.

    Promise: `put` returns only when the document would survive a power cut. The caller commits the
    location; what stands in a segment without a committed location counts for nothing.
    """

    def __init__(self, directory: Path, *, clock: Clock) -> None:
        self._directory = directory
        self._clock = clock
        self._thread: GroupThread[_Entry] = GroupThread(
            "content-lane", carry_out=self._write, most=_MOST_IN_ONE_SYNC
        )
        self._segment: _Segment | None = None

    async def __aenter__(self) -> Self:
        """Start the thread."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._thread.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Write what waits, then stop."""
        await self._thread.stop()
        if self._segment is not None:
            self._segment.close()

    def recover(self, ends: Mapping[str, int]) -> None:
        """After a stop of any kind: put aside, in `unclaimed/`, what was written and never counted.

        Nothing is deleted: were the database the older of the two, these would be documents that
        were acknowledged.

        Args:
            ends: for each segment that documents are in, the offset behind the last of them.

        Raises:
            ContentDamagedError: documents that were acknowledged are gone.
        """
        for name, end in ends.items():
            path = self._directory / name
            if not path.exists() or path.stat().st_size < end:
                raise ContentDamagedError(
                    f"segment {path} is gone or shorter than {end} bytes, so sealed documents are "
                    "missing: put it back from a backup of the same time as the database"
                )
        for path in self._directory.glob("*.tar"):
            end = _padded(ends.get(path.name, 0))
            if path.stat().st_size > end:
                self._put_aside(path, end)

    def _put_aside(self, path: Path, end: int) -> None:
        unclaimed = self._directory / "unclaimed"
        unclaimed.mkdir(mode=0o700, exist_ok=True)
        aside = unclaimed / f"{path.stem}-from-{end}.tar"
        _log.warning("content_unclaimed", segment=path.name, start=end, put_aside=str(aside))
        if end == 0:
            path.replace(aside)
            return
        with path.open("rb") as segment, aside.open("wb") as tail:
            segment.seek(end)
            shutil.copyfileobj(segment, tail)
            tail.flush()
            os.fsync(tail.fileno())
        os.truncate(path, end)

    async def put(self, name: str, moment: datetime, parts: Sequence[bytes]) -> Location:
        """Append a document, given in parts that follow one another.

        Raises:
            StoreProblem: the disk is full or refuses.
        """
        location: Location = await self._thread.ask(_Entry(name, moment, parts))
        return location

    async def put_and_write(
        self,
        name: str,
        moment: datetime,
        parts: Sequence[bytes],
        *,
        lane: WriterLane,
        unit: Callable[[Transaction, Location], T],
    ) -> T:
        """Append a document and then have a unit of work written that names its location.

        The same as `put` and then `lane.write`, but the lane gets the unit straight from this
        store's thread: the caller is woken once, when both are durable.

        Raises:
            StoreProblem: the disk or the database refuses.
        """
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        def pass_on(location: Location) -> None:
            lane.write_for(answer, lambda transaction: unit(transaction, location))

        self._thread.take(Errand(_Entry(name, moment, parts, pass_on), answer))
        return await answer

    async def get(self, location: Location, length: int) -> bytes:
        """The document's bytes.

        Raises:
            StoreProblem: the segment is gone, shorter or unreadable.
        """
        return await asyncio.to_thread(self._read, location, length)

    def _read(self, location: Location, length: int) -> bytes:
        try:
            with (self._directory / location.segment).open("rb") as segment:
                content = os.pread(segment.fileno(), length, location.offset)
        except OSError as error:
            raise StoreProblem(f"the sealed document cannot be read: {error.strerror}") from error
        if len(content) != length:
            raise StoreProblem(f"segment {location.segment} is shorter than it was")
        return content

    def _write(self, errands: list[Errand[_Entry]]) -> None:
        try:
            locations = self._present_segment().append([errand.work for errand in errands])
        except Exception as error:  # noqa: BLE001 - whatever it is: these fail, not the lane
            _log.error("content_not_written", error=str(error), documents=len(errands))
            self._give_the_segment_up()
            problem = StoreProblem(f"the sealed document cannot be written: {error}")
            for errand in errands:
                errand.failure = problem
            tell(errands)
            return
        waiting: list[Errand[_Entry]] = []
        for errand, location in zip(errands, locations, strict=True):
            if errand.work.pass_on is not None:
                errand.work.pass_on(location)
            else:
                errand.result = location
                waiting.append(errand)
        tell(waiting)

    def _present_segment(self) -> "_Segment":
        today = f"{self._clock.now():%Y-%m-%d}"
        segment = self._segment
        if segment is None or segment.size > _SEGMENT_BYTES or not segment.name.startswith(today):
            self._give_the_segment_up()
            moment = f"{self._clock.now():%Y-%m-%dT%H-%M-%S}"
            segment = _Segment(self._directory, f"{moment}-{secrets.token_hex(4)}.tar")
            self._segment = segment
        return segment

    def _give_the_segment_up(self) -> None:
        # What is at its end is uncertain now; documents already in it stay readable.
        segment, self._segment = self._segment, None
        if segment is not None:
            with contextlib.suppress(OSError):
                segment.close()


class _Segment:
    """One tar file being written."""

    def __init__(self, directory: Path, name: str) -> None:
        self.name = name
        self._descriptor = os.open(
            directory / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600
        )
        self.size = 0
        try:
            _sync_directory(directory)
        except OSError:
            os.close(self._descriptor)
            raise

    def append(self, entries: Sequence[_Entry]) -> list[Location]:
        """Write the entries and wait until they are on the disk."""
        locations, pieces = [], list[bytes]()
        size = self.size
        for entry in entries:
            length = sum(map(len, entry.parts))
            header = _header(entry, length)
            locations.append(Location(self.name, size + len(header)))
            padding = bytes(_padded(length) - length)
            pieces += (header, *entry.parts, padding)
            size += len(header) + length + len(padding)
        _write_all(self._descriptor, pieces)
        os.fdatasync(self._descriptor)
        self.size = size
        return locations

    def close(self) -> None:
        """Close the file; it is complete as it stands."""
        os.close(self._descriptor)


def _header(entry: _Entry, length: int) -> bytes:
    member = tarfile.TarInfo(entry.name)
    member.size = length
    member.mtime = int(entry.moment.timestamp())
    member.mode = 0o600
    return member.tobuf(tarfile.USTAR_FORMAT)


def _padded(length: int) -> int:
    return -(-length // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE


def _write_all(descriptor: int, pieces: Sequence[bytes]) -> None:
    waiting = [memoryview(piece) for piece in pieces if piece]
    while waiting:
        written = os.writev(descriptor, waiting[:_WRITEV_PARTS])
        while waiting and written >= len(waiting[0]):
            written -= len(waiting.pop(0))
        if written:
            waiting[0] = waiting[0][written:]


def _sync_directory(directory: Path) -> None:
    # A new file's name is durable only once the directory is.
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
