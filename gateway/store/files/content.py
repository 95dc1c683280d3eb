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
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog

from gateway.clock import Clock
from gateway.durable import sync_directory
from gateway.store.errors import ContentDamagedError, StoreProblem
from gateway.store.files.holes import punched

_SEGMENT_BYTES = 1024**3
_WRITEV_PARTS = 512
_AT_HAND_BYTES = 512 * 1024
_LEAST_FREE_BYTES = 64 * 1024 * 1024
_UNCLAIMED = "unclaimed"
# The ustar header: name, then mode, user and group, then size and moment, the checksum, the rest.
_NAME_BYTES = 100
_OCTAL_END = 8**11
_OWNER = b"0000600\x000000000\x000000000\0"
_REST = (b"0".ljust(101, b"\0") + b"ustar\x0000").ljust(356, b"\0")
_REST_SUM = sum(_REST) + 8 * ord(" ")

_log = structlog.get_logger("store")


@dataclass(frozen=True, slots=True)
class Location:
    """Where a document's bytes are: a segment, and the offset of the first byte in it.

    `segment` is the path below the store's directory.
    """

    segment: str
    offset: int


@dataclass(frozen=True, slots=True)
class Content:
    """A document to be kept: its bytes in parts that follow one another.

    `shelf` is the folder below the store's directory that its segments are in; empty: the directory
    itself. `note` stands before it as `NAME.json`: what it is, for those who read the tar.
    """

    name: str
    moment: datetime
    parts: Sequence[bytes]
    shelf: str = ""
    note: bytes = b""


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
    """Keeps sealed documents. One thread appends: the writer lane's.

    Promise: `append` returns only when the documents would survive a power cut. The caller commits
    their locations; what stands in a segment without a committed location counts for nothing.
    """

    def __init__(self, directory: Path, *, clock: Clock, node: str = "") -> None:
        """Make the directory, if it is not there.

        Args:
            directory: of the segments.
            clock: says what day it is.
            node: this gateway's name, where several keep documents in one directory; then it is in
                the names of its segments, and it leaves those of others alone.
        """
        self._directory = directory
        self._clock = clock
        self._node = node
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._segments: dict[str, _Segment] = {}

    def recover(self, ends: Mapping[str, int], *, passing: Collection[str] = ()) -> None:
        """After a stop of any kind: put aside, in `unclaimed/`, what was written and never counted.

        Nothing is deleted: were the database the older of the two, these would be documents that
        were acknowledged.

        Args:
            ends: for each segment that documents are in, the offset behind the last of them.
            passing: shelves whose segments are left as they are: what lies there passes.

        Raises:
            ContentDamagedError: documents that were acknowledged are gone.
        """
        for name, end in ends.items():
            if not self._is_own(name):
                continue
            path = self._directory / name
            if not path.exists() or path.stat().st_size < end:
                raise ContentDamagedError(
                    f"segment {path} is gone or shorter than {end} bytes, so sealed documents are "
                    "missing: put it back from a backup of the same time as the database"
                )
        unclaimed = self._directory / _UNCLAIMED
        apart = {unclaimed, *(self._directory / shelf for shelf in passing)}
        for path in self._directory.rglob("*.tar"):
            if not apart.isdisjoint(path.parents) or not self._is_own(path.name):
                continue
            end = _padded(ends.get(str(path.relative_to(self._directory)), 0))
            if path.stat().st_size > end:
                self._put_aside(path, end)

    def _is_own(self, segment: str) -> bool:
        return not self._node or Path(segment).name.startswith(f"{self._node}_")

    def _put_aside(self, path: Path, end: int) -> None:
        unclaimed = self._directory / _UNCLAIMED
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

    def append(self, documents: Sequence[Content]) -> list[Location]:
        """Append the documents with one sync a shelf; gives where each of them is.

        Raises:
            StoreProblem: the disk is full or refuses; none of them counts.
        """
        shelves: dict[str, list[int]] = {}
        for number, document in enumerate(documents):
            shelves.setdefault(document.shelf, []).append(number)
        found: dict[int, Location] = {}
        try:
            for shelf, numbers in shelves.items():
                entries = [documents[number] for number in numbers]
                found |= zip(numbers, self._present_segment(shelf).append(entries), strict=True)
        except Exception as error:
            _log.error("content_not_written", error=str(error), documents=len(documents))
            self.close()
            raise StoreProblem(f"the document cannot be written: {error}") from error
        return [found[number] for number in range(len(documents))]

    def closed_segments(self, shelf: str) -> tuple[str, ...]:
        """Its own segments of a shelf that nothing is appended to any more, as in `Location`."""
        present = self._segments.get(shelf)
        found = (str(Path(shelf) / path.name) for path in (self._directory / shelf).glob("*.tar"))
        own = filter(self._is_own, found)
        return tuple(sorted(name for name in own if present is None or name != present.name))

    def drop(self, segment: str) -> None:
        """Delete a whole segment, of which nothing is wanted any more; none is no error.

        Raises:
            StoreProblem: the disk refuses.
        """
        for shelf, present in list(self._segments.items()):
            if present.name == segment:
                present.close()
                del self._segments[shelf]
        try:
            (self._directory / segment).unlink(missing_ok=True)
        except OSError as error:
            raise StoreProblem(f"{segment} cannot be deleted: {error.strerror}") from error

    def erase(self, location: Location, length: int) -> None:
        """Overwrite a document that is not to be kept with zeros, durably; the tar stays whole.

        Where the file system can, the zeros take no room on the disk.

        Raises:
            StoreProblem: the disk refuses.
        """
        try:
            with (self._directory / location.segment).open("r+b") as segment:
                if not punched(segment.fileno(), location.offset, length):
                    segment.seek(location.offset)
                    segment.write(bytes(length))
                    segment.flush()
                os.fdatasync(segment.fileno())
        except OSError as error:
            raise StoreProblem(f"what was written cannot be erased: {error.strerror}") from error

    def close(self) -> None:
        """Begin no further document in the present segments; they are complete as they stand."""
        # After an error what is at its end is uncertain; documents already in it stay readable.
        segments, self._segments = self._segments, {}
        for segment in segments.values():
            with contextlib.suppress(OSError):
                segment.close()

    async def get(self, location: Location, length: int) -> bytes:
        """The document's bytes.

        Raises:
            StoreProblem: the segment is gone, shorter or unreadable.
        """
        if length <= _AT_HAND_BYTES and (content := self._at_hand(location, length)) is not None:
            return content
        return await asyncio.to_thread(self._read, location, length)

    def _at_hand(self, location: Location, length: int) -> bytes | None:
        """The bytes, where all of them are in the memory still; None where a disk must be asked.

        A thread there and back takes several times as long as this.
        """
        content = bytearray(length)
        try:
            segment = os.open(f"{self._directory}/{location.segment}", os.O_RDONLY | os.O_CLOEXEC)
            try:
                found = os.preadv(segment, [content], location.offset, os.RWF_NOWAIT)
            finally:
                os.close(segment)
        except OSError:
            return None
        return bytes(content) if found == length else None

    def _read(self, location: Location, length: int) -> bytes:
        try:
            with (self._directory / location.segment).open("rb") as segment:
                content = os.pread(segment.fileno(), length, location.offset)
        except OSError as error:
            raise StoreProblem(f"the sealed document cannot be read: {error.strerror}") from error
        if len(content) != length:
            raise StoreProblem(f"segment {location.segment} is shorter than it was")
        return content

    def _present_segment(self, shelf: str) -> "_Segment":
        today = f"{self._clock.now():%Y-%m-%d}"
        segment = self._segments.get(shelf)
        if segment is None or segment.size > _SEGMENT_BYTES or segment.day != today:
            if segment is not None:
                segment.close()
                del self._segments[shelf]
            moment = f"{self._clock.now():%Y-%m-%dT%H-%M-%S}"
            whose = f"{self._node}_" if self._node else ""
            name = f"{whose}{moment}-{secrets.token_hex(4)}.tar"
            segment = _Segment(self._directory, str(Path(shelf) / name), day=today)
            self._segments[shelf] = segment
        return segment


class _Segment:
    """One tar file being written; `name` is its path below `directory`."""

    def __init__(self, directory: Path, name: str, *, day: str) -> None:
        self.name = name
        self.day = day
        path = directory / name
        if not path.parent.exists():
            path.parent.mkdir(mode=0o700, parents=True)
            sync_directory(path.parent.parent)
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self.size = 0
        try:
            sync_directory(path.parent)
        except OSError:
            os.close(self._descriptor)
            raise

    def append(self, entries: Sequence[Content]) -> list[Location]:
        """Write the entries and wait until they are on the disk."""
        locations, pieces = [], list[bytes]()
        size = self.size
        for entry in entries:
            if entry.note:
                note = Content(f"{entry.name}.json", entry.moment, (entry.note,))
                pieces += _member(note)
                size += tarfile.BLOCKSIZE + _padded(len(entry.note))
            member = _member(entry)
            locations.append(Location(self.name, size + len(member[0])))
            pieces += member
            size += sum(map(len, member))
        _write_all(self._descriptor, pieces)
        os.fdatasync(self._descriptor)
        self.size = size
        return locations

    def close(self) -> None:
        """Close the file; it is complete as it stands."""
        os.close(self._descriptor)


def _member(entry: Content) -> tuple[bytes, ...]:
    length = sum(map(len, entry.parts))
    return (_header(entry, length), *entry.parts, bytes(_padded(length) - length))


def _header(document: Content, length: int) -> bytes:
    """The block before a document, as `tarfile` makes it (POSIX ustar), at a tenth of the cost."""
    name, moment = document.name.encode(), int(document.moment.timestamp())
    if len(name) > _NAME_BYTES or not name.isascii() or length >= _OCTAL_END or moment < 0:
        return _unusual_header(document, length)
    fields = b"%s%s%011o\0%011o\0" % (name.ljust(_NAME_BYTES, b"\0"), _OWNER, length, moment)
    # The checksum counts its own eight bytes as spaces; all of the rest but `ustar` is zero.
    return b"%s%06o\0 %s" % (fields, sum(fields) + _REST_SUM, _REST)


def _unusual_header(document: Content, length: int) -> bytes:
    member = tarfile.TarInfo(document.name)
    member.size = length
    member.mtime = int(document.moment.timestamp())
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
