"""Bodies too large for the memory: written to the disk as they come, and read only once proved.

What was signed is the digest of the whole body, so nothing of it is looked at before its last byte.
"""

import asyncio
import hashlib
import io
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO

from aiohttp import web
from multipart import (
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
    parse_options_header,
)

from gateway.errors import Problem
from gateway.http.errors import (
    BatchTooLargeProblem,
    MalformedRequestProblem,
    RequestTooSlowProblem,
)
from gateway.http.places import Places
from gateway.store.content import prove_room

_PIECE_BYTES = 1024 * 1024
_IDLE_SECONDS = 60
_MOST_PARTS = 200_000
_AT_ONCE = 16
_MOST_NAME_BYTES = 128 * 1024 * 1024
_ROOM_EVERY_BYTES = 64 * 1024 * 1024
_HANDED_OVER_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class UploadedPart:
    """One part: its name, the name of its file if it has one, and where it is."""

    name: str
    filename: str
    start: int
    length: int


class Upload:
    """A body on the disk.

    Attributes:
        file: the contents of the parts, one after the other; seekable.
        parts: in the order in which they came.
        digests: of the whole body, by the names of RFC 9530.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.parts: list[UploadedPart] = []
        self.digests: Mapping[str, bytes] = {}

    def content(self, part: UploadedPart) -> bytes:
        """A part's bytes; may be called on any thread."""
        return os.pread(self.file.fileno(), part.length, part.start)

    def opened(self, part: UploadedPart) -> BinaryIO:
        """A part as a file of its own, seekable."""
        return io.BufferedReader(_Slice(self.file.fileno(), part), _PIECE_BYTES)


class _Slice(io.RawIOBase):
    """Some bytes of a file as if there were no others."""

    def __init__(self, descriptor: int, part: UploadedPart) -> None:
        self._descriptor = descriptor
        self._part = part
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._part.length}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - as io has it
        left = max(0, self._part.length - self._at)
        found = os.pread(self._descriptor, min(len(buffer), left), self._part.start + self._at)
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)


class Uploads:
    """Receives bodies in a directory; what a crash leaves behind has no name there."""

    def __init__(
        self,
        directory: Path,
        *,
        most_bytes: int,
        too_large: type[Problem] = BatchTooLargeProblem,
    ) -> None:
        """Make the directory, if it is not there; what is larger is refused as `too_large`."""
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._directory = directory
        self._most_bytes = most_bytes
        self._too_large = too_large
        self._places = Places(_AT_ONCE, "uploads are being received")

    @asynccontextmanager
    async def receive(self, request: web.Request, *, system: str) -> AsyncIterator[Upload]:
        """The body of a request, whole; it is gone afterwards.

        Args:
            request: whose body it is.
            system: who sends it. One alone cannot take all places.

        Raises:
            MalformedRequestProblem: it is not multipart/form-data.
            too_large: it is larger than the gateway takes.
            RequestTooSlowProblem: nothing came for a minute.
            OverloadedProblem: too many are being received.
            StoreProblem: the disk is all but full.
        """
        boundary = _boundary(request)
        if (request.content_length or 0) > self._most_bytes:
            raise self._too_large(f"at most {self._most_bytes} bytes are taken")
        with self._places.one(system), tempfile.TemporaryFile(dir=self._directory) as file:
            upload = Upload(file)
            writing = Writing(upload, boundary, algorithms=_algorithms(request))
            await self._fill(request, writing)
            yield upload

    async def _fill(self, request: web.Request, writing: "Writing") -> None:
        length, proved = 0, -_ROOM_EVERY_BYTES
        gathered: list[bytes] = []
        at_hand = 0

        def take(*, proves: bool, is_last: bool) -> None:
            if proves:
                prove_room(self._directory)
            if gathered:
                writing.feed(b"".join(gathered))
            if is_last:
                writing.finish()

        async for piece in _pieces(request):
            length += len(piece)
            if length > self._most_bytes:
                raise self._too_large(f"at most {self._most_bytes} bytes are taken")
            gathered.append(piece)
            at_hand += len(piece)
            # To a thread and back takes longer than what it does with a piece.
            if at_hand >= _HANDED_OVER_BYTES:
                proves = length - proved >= _ROOM_EVERY_BYTES
                await asyncio.to_thread(take, proves=proves, is_last=False)
                proved = length if proves else proved
                gathered.clear()
                at_hand = 0
        proves = at_hand > 0 and length - proved >= _ROOM_EVERY_BYTES
        await asyncio.to_thread(take, proves=proves, is_last=True)


class Writing:
    """Takes a body apart as it comes, and hashes it; on a thread beside the event loop."""

    def __init__(self, upload: Upload, boundary: str, *, algorithms: tuple[str, ...]) -> None:
        self._upload = upload
        self._boundary = boundary.encode()
        self._parser = PushMultipartParser(boundary, max_segment_count=_MOST_PARTS, strict=True)
        self._digests = {name: hashlib.new(name.replace("-", "")) for name in algorithms}
        self._held = b""
        self._end = b""
        self._begun = False
        self._open: MultipartSegment | None = None
        self._start = self._at = 0
        self._name_bytes = 0

    def feed(self, piece: bytes) -> None:
        """The next piece.

        Raises:
            MalformedRequestProblem: it cannot be read.
        """
        for digest in self._digests.values():
            digest.update(piece)
        data = self._held + piece
        self._end = (self._end + piece)[-len(self._boundary) - 8 :]
        if not self._begun:
            beginning = b"--" + self._boundary + b"\r\n"
            if not data.startswith(beginning[: len(data)]):
                raise MalformedRequestProblem("the multipart body does not begin with its boundary")
            if len(data) < len(beginning):
                self._held = data
                return
            self._begun = True
        # A line end may follow the last boundary, and the parser takes nothing behind that.
        self._held = data[-2:]
        self._parse(data[:-2])

    def finish(self) -> None:
        """All has come.

        Raises:
            MalformedRequestProblem: it ends before its last boundary, or goes on behind it.
        """
        if self._held != b"\r\n":
            self._parse(self._held)
        if not self._end.removesuffix(b"\r\n").endswith(b"\r\n--" + self._boundary + b"--"):
            raise MalformedRequestProblem("the multipart body does not end with its boundary")
        if self._open is not None:
            raise MalformedRequestProblem("the multipart body breaks off")
        self._upload.file.flush()
        self._upload.digests = {name: digest.digest() for name, digest in self._digests.items()}

    def _parse(self, data: bytes) -> None:
        if not data:
            return
        try:
            for event in self._parser.parse(data):
                self._take(event)
        except MultipartError as error:
            raise MalformedRequestProblem(f"the multipart body cannot be read: {error}") from error

    def _take(self, event: Any) -> None:  # noqa: ANN401 - the parser's events
        if isinstance(event, MultipartSegment):
            self._open, self._start = event, self._at
            # Names are all that is held in memory: by far the most of a body that has little else.
            self._name_bytes += sys.getsizeof(event.filename or "")
            if self._name_bytes > _MOST_NAME_BYTES:
                raise MalformedRequestProblem("the names of its files are too long in all")
        elif event:
            self._upload.file.write(event)
            self._at += len(event)
        elif self._open is not None:
            part = UploadedPart(
                name=self._open.name,
                filename=self._open.filename or "",
                start=self._start,
                length=self._at - self._start,
            )
            self._upload.parts.append(part)
            self._open = None


async def _pieces(request: web.Request) -> AsyncIterator[bytes]:
    """The body in pieces of about a mebibyte, each worth its way to a thread and back."""
    gathered: list[bytes] = []
    length = 0
    while True:
        try:
            async with asyncio.timeout(_IDLE_SECONDS):
                chunk = await request.content.readany()
        except TimeoutError:
            raise RequestTooSlowProblem(f"nothing came for {_IDLE_SECONDS} s") from None
        if not chunk:
            break
        gathered.append(chunk)
        length += len(chunk)
        if length >= _PIECE_BYTES:
            yield b"".join(gathered)
            gathered, length = [], 0
    if gathered:
        yield b"".join(gathered)


def _boundary(request: web.Request) -> str:
    if "Content-Encoding" in request.headers:
        raise MalformedRequestProblem("Content-Encoding is not taken; send the body as it is")
    content_type = request.headers.get("Content-Type", "")
    kind, options = parse_options_header(content_type)
    boundary: str = options.get("boundary", "")
    if kind != "multipart/form-data" or not boundary:
        raise MalformedRequestProblem(
            f"Content-Type is {content_type[:100]!r}, not multipart/form-data with a boundary"
        )
    return boundary


def _algorithms(request: web.Request) -> tuple[str, ...]:
    said = request.headers.get("Content-Digest", "")
    return ("sha-256", "sha-512") if "sha-512" in said else ("sha-256",)
