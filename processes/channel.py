"""Typed messages over a socket pair, framed by a four-byte length.

A frame is a big-endian length followed by that many bytes of msgpack (the rooms that speak encode
them with msgspec). Both ends coalesce: whatever is waiting to be sent goes out in one write,
because under load the system calls would cost more than the messages.
"""

import asyncio
import contextlib
import socket
import threading
from collections import deque
from typing import cast

from processes.errors import ChannelClosedError, FrameTooLargeError

MAX_FRAME_BYTES = 512 * 1024 * 1024
_LENGTH_BYTES = 4
# Longer frames are not copied together with others: the copy would cost more than a system call.
_COALESCED_BYTES = 64 * 1024
# What a parent holds of a child's frames before it stops reading more.
_HELD_BYTES = 1024 * 1024


class AsyncChannel:
    """The parent's end. Belongs to one event loop; `receive` MUST have one caller at a time."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        transport: asyncio.WriteTransport,
        incoming: "_Incoming",
    ) -> None:
        # Kept: before Python 3.12 each question for the running loop is a system call (getpid).
        self._loop = loop
        self._transport = transport
        self._incoming = incoming
        self._waiting: list[bytes] = []

    @classmethod
    async def over(
        cls, sock: socket.socket, *, max_frame_bytes: int = MAX_FRAME_BYTES
    ) -> "AsyncChannel":
        """Take a connected stream socket over."""
        sock.setblocking(False)  # noqa: FBT003 - socket's own
        loop = asyncio.get_running_loop()
        transport, incoming = await loop.create_unix_connection(
            lambda: _Incoming(max_frame_bytes), sock=sock
        )
        return cls(loop, transport, incoming)

    def send(self, frame: bytes) -> None:
        """Queue a frame; everything queued in one turn of the loop is written at once.

        Never waits: the caller bounds what it has in flight. A frame for an end that is gone is
        dropped, as one that was sent a moment earlier would be; `receive` says that it is gone.

        Raises:
            FrameTooLargeError: nothing was queued, and the channel is as good as before.
        """
        _check_length(len(frame), self._incoming.max_frame_bytes)
        if not self._waiting:
            self._loop.call_soon(self._flush)
        self._waiting.append(len(frame).to_bytes(_LENGTH_BYTES))
        self._waiting.append(frame)

    def _flush(self) -> None:
        frames, self._waiting = self._waiting, []
        if not self._transport.is_closing():
            self._transport.writelines(frames)

    async def receive(self) -> bytes:
        """Wait for the next frame.

        Raises:
            ChannelClosedError: we closed it, the other end is gone, or it sent a frame so large
                that nothing after it can be told apart; the channel is closed then.
        """
        return await self._incoming.next()

    def close(self) -> None:
        """Close this end at once; the child reads end-of-file and leaves. Safe to call twice.

        What was not sent is not sent: a child that hangs would never take it, and the close would
        wait for that.
        """
        self._incoming.end("this end of the channel is closed")
        self._incoming.frames.clear()
        self._transport.abort()


class _Incoming(asyncio.Protocol):
    """Cuts what comes in into frames; stops the other end while nobody takes them."""

    def __init__(self, max_frame_bytes: int) -> None:
        self.max_frame_bytes = max_frame_bytes
        self.transport: asyncio.Transport | None = None
        self.frames: deque[bytes] = deque()
        self._rest = bytearray()
        self._wanted = _LENGTH_BYTES
        self._held_bytes = 0
        self._paused = False
        self._ended: str | None = None
        self._waiter: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        # uvloop's transports can pause without being asyncio.Transport.
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        if self._ended is not None:
            return
        if self._rest:
            self._rest += data
            if len(self._rest) < self._wanted:
                return
            data, self._rest = bytes(self._rest), bytearray()
        try:
            self._cut(data)
        except FrameTooLargeError as hostile:
            self.end(f"the other process is broken: {hostile}")
            if self.transport is not None:
                self.transport.abort()
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the protocol's own
        """See `asyncio.Protocol`."""
        self.end("the other process closed the channel")

    async def next(self) -> bytes:
        """The next frame; those that came whole before the end come before the error."""
        while not self.frames:
            if self._ended is not None:
                raise ChannelClosedError(self._ended)
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        frame = self.frames.popleft()
        self._held_bytes -= len(frame)
        if self._paused and self._held_bytes <= _HELD_BYTES and self.transport is not None:
            self._paused = False
            self.transport.resume_reading()
        return frame

    def end(self, why: str) -> None:
        """Nothing more comes."""
        self._ended = self._ended or why
        self._wake()

    def _cut(self, data: bytes) -> None:
        at = 0
        while True:
            start = at + _LENGTH_BYTES
            if start > len(data):
                self._wanted = _LENGTH_BYTES
                break
            length = int.from_bytes(data[at:start])
            _check_length(length, self.max_frame_bytes)
            if start + length > len(data):
                self._wanted = _LENGTH_BYTES + length
                break
            self.frames.append(data[start : start + length])
            self._held_bytes += length
            at = start + length
        self._rest += data[at:]
        if self._held_bytes > _HELD_BYTES and not self._paused and self.transport is not None:
            self._paused = True
            self.transport.pause_reading()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class BlockingChannel:
    """The child's end: one thread receives, any thread may send."""

    def __init__(self, sock: socket.socket, *, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        self._socket = sock
        sock.settimeout(None)
        # Reads ahead: one system call, and one chance to lose the GIL, for many small frames.
        self._incoming = sock.makefile("rb", buffering=_COALESCED_BYTES)
        self._max_frame_bytes = max_frame_bytes
        self._outgoing: deque[bytes] = deque()
        self._sending = threading.Lock()

    def receive(self) -> bytes | None:
        """Wait for the next frame; None when the parent has gone.

        Raises:
            FrameTooLargeError: nothing that comes after it can be understood; leave.
        """
        header = self._read(_LENGTH_BYTES)
        if header is None:
            return None
        length = int.from_bytes(header)
        _check_length(length, self._max_frame_bytes)
        return self._read(length)

    def send(self, frame: bytes) -> None:
        """Send a frame. Frames that pile up while another thread is sending go out with its own.

        When this returns, the frame was sent, or the thread that is sending now will send it. A
        frame that cannot be sent closes the channel: the other end must not wait for it.

        Raises:
            FrameTooLargeError: nothing was sent, and the channel is as good as before.
            ChannelClosedError: the parent has gone.
        """
        _check_length(len(frame), self._max_frame_bytes)
        self._outgoing.append(frame)
        # No frame stays behind. Whoever fails to take the lock failed while another thread had
        # it, after having queued its frame; and whoever had it looks at the queue again after
        # having given it back. So the last to give it back sees an empty queue.
        while self._outgoing and self._sending.acquire(blocking=False):
            try:
                self._drain()
            except OSError as gone:
                self._hang_up()
                raise ChannelClosedError("the other process closed the channel") from gone
            except BaseException:
                self._hang_up()  # perhaps in the middle of a frame
                raise
            finally:
                self._sending.release()

    def close(self) -> None:
        """Close this end. Only the thread that receives may call it, and only when done."""
        self._hang_up()
        self._incoming.close()
        self._socket.close()

    def _drain(self) -> None:
        together = bytearray()
        while self._outgoing:
            frame = self._outgoing.popleft()
            together += len(frame).to_bytes(_LENGTH_BYTES)
            if len(frame) <= _COALESCED_BYTES:
                together += frame
                if len(together) <= _COALESCED_BYTES:
                    continue
                frame = b""
            self._socket.sendall(together)
            together.clear()
            if frame:
                self._socket.sendall(frame)
        if together:
            self._socket.sendall(together)

    def _hang_up(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def _read(self, count: int) -> bytes | None:
        try:
            found = self._incoming.read(count)
        except ConnectionError:
            # A parent that goes with answers unread resets the connection.
            return None
        return found if len(found) == count else None


def framed(frame: bytes) -> bytes:
    """Give the bytes that travel for a frame, for an end that only ever sends one."""
    return len(frame).to_bytes(_LENGTH_BYTES) + frame


def _check_length(length: int, limit: int) -> None:
    if length > limit:
        raise FrameTooLargeError(f"a frame of {length} bytes; the channel carries {limit}")
