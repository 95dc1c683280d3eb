"""Both ends of a channel: what they carry, and what they do when the other end is gone."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from processes.channel import MAX_FRAME_BYTES, AsyncChannel, BlockingChannel, framed
from processes.errors import ChannelClosedError, FrameTooLargeError

LARGE = bytes(range(250)) * 200_000  # 50 MB, the largest document


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, BlockingChannel]]:
    ours, theirs = socket.socketpair()
    channel = BlockingChannel(theirs)
    yield ours, channel
    ours.close()
    channel.close()


async def test_a_document_of_fifty_megabytes_goes_there_and_back() -> None:
    ours, theirs = socket.socketpair()
    parent, child = await AsyncChannel.over(ours), BlockingChannel(theirs)

    def echo() -> None:
        child.send(child.receive() or b"")

    echoing = asyncio.create_task(asyncio.to_thread(echo))
    parent.send(LARGE)
    assert await parent.receive() == LARGE
    await echoing
    parent.close()
    child.close()


async def test_frames_behind_a_large_one_are_not_held_up_for_ever() -> None:
    ours, theirs = socket.socketpair()
    parent, child = await AsyncChannel.over(ours), BlockingChannel(theirs)
    for frame in (b"before", LARGE, b"after"):
        parent.send(frame)
    received = await asyncio.to_thread(lambda: [child.receive() for _ in range(3)])
    assert received == [b"before", LARGE, b"after"]
    parent.close()
    child.close()


def test_a_frame_queued_just_after_the_sender_looked_is_sent_by_it(
    pair: tuple[socket.socket, BlockingChannel],
) -> None:
    # The one moment that could lose a frame: the sender has found the queue empty and not yet
    # given the lock back, when another thread queues a frame, fails to get the lock, and leaves.
    ours, channel = pair

    class LetsAnotherInBeforeItOpens:
        def __init__(self) -> None:
            self.lock = threading.Lock()
            self.acquire = self.lock.acquire
            self.others = [b"second", b"third"]

        def release(self) -> None:
            if self.others:
                other = threading.Thread(target=channel.send, args=(self.others.pop(0),))
                other.start()
                other.join()
            self.lock.release()

    channel._sending = LetsAnotherInBeforeItOpens()  # type: ignore[assignment]
    channel.send(b"first")

    reader = BlockingChannel(ours.dup())
    assert [reader.receive() for _ in range(3)] == [b"first", b"second", b"third"]
    reader.close()


def test_small_frames_that_pile_up_travel_together(
    pair: tuple[socket.socket, BlockingChannel],
) -> None:
    ours, channel = pair
    channel._outgoing.extend([b"one", b"two"])
    channel.send(b"three")
    assert ours.recv(100) == framed(b"one") + framed(b"two") + framed(b"three")


def test_a_frame_too_large_to_be_read_is_not_sent_either(
    pair: tuple[socket.socket, BlockingChannel],
) -> None:
    ours, _ = pair
    channel = BlockingChannel(ours.dup(), max_frame_bytes=10)
    with pytest.raises(FrameTooLargeError, match="11 bytes; the channel carries 10"):
        channel.send(bytes(11))
    channel.send(b"as before")
    assert pair[1].receive() == b"as before"
    channel.close()


async def test_the_parent_does_not_send_what_is_too_large_either() -> None:
    ours, theirs = socket.socketpair()
    parent, child = await AsyncChannel.over(ours, max_frame_bytes=10), BlockingChannel(theirs)
    with pytest.raises(FrameTooLargeError, match="11 bytes"):
        parent.send(bytes(11))
    parent.send(b"as before")
    assert await asyncio.to_thread(child.receive) == b"as before"
    parent.close()
    child.close()


def test_an_announced_giant_is_refused_before_anything_is_reserved_for_it(
    pair: tuple[socket.socket, BlockingChannel],
) -> None:
    ours, channel = pair
    ours.sendall((MAX_FRAME_BYTES + 1).to_bytes(4))
    with pytest.raises(FrameTooLargeError, match=str(MAX_FRAME_BYTES + 1)):
        channel.receive()


async def test_a_child_that_announces_a_giant_is_cut_off() -> None:
    ours, theirs = socket.socketpair()
    parent = await AsyncChannel.over(ours, max_frame_bytes=100)
    with theirs:
        theirs.sendall((101).to_bytes(4) + bytes(101) + framed(b"smuggled"))
        with pytest.raises(ChannelClosedError, match="a frame of 101 bytes"):
            await parent.receive()
        with pytest.raises(ChannelClosedError):
            await parent.receive()
        assert await asyncio.to_thread(theirs.recv, 1) == b""


def test_a_parent_that_leaves_answers_unread_is_gone_and_no_error(
    pair: tuple[socket.socket, BlockingChannel],
) -> None:
    ours, channel = pair
    channel.send(b"nobody reads this")
    ours.close()  # with unread data: the kernel resets the connection
    assert channel.receive() is None


def test_sending_to_a_parent_that_is_gone_says_so(
    pair: tuple[socket.socket, BlockingChannel],
) -> None:
    ours, channel = pair
    ours.close()
    with pytest.raises(ChannelClosedError):
        channel.send(b"to nobody")


def test_a_frame_that_failed_in_the_middle_closes_the_channel(
    pair: tuple[socket.socket, BlockingChannel],
) -> None:
    # Half a frame and then another would be read as one.
    ours, channel = pair

    class GivesUpHalfway:
        def sendall(self, data: bytes) -> None:
            ours_end.sendall(data[: len(data) // 2])
            raise MemoryError

        def __getattr__(self, name: str) -> object:
            return getattr(ours_end, name)

    ours_end = channel._socket
    channel._socket = GivesUpHalfway()  # type: ignore[assignment]
    with pytest.raises(MemoryError):
        channel.send(b"a frame")
    channel._socket = ours_end
    with pytest.raises(ChannelClosedError):
        channel.send(b"another")
    reader = BlockingChannel(ours.dup())
    assert reader.receive() is None
    reader.close()


async def test_closing_does_not_wait_for_a_child_that_does_not_read() -> None:
    ours, theirs = socket.socketpair()
    parent = await AsyncChannel.over(ours)
    receiving = asyncio.create_task(parent.receive())
    parent.send(LARGE)
    await asyncio.sleep(0)  # written as far as the socket takes it; the rest waits
    parent.close()
    async with asyncio.timeout(5):
        with pytest.raises(ChannelClosedError):
            await receiving
    theirs.close()


async def test_what_is_sent_to_a_closed_channel_is_dropped_and_receive_says_why() -> None:
    ours, theirs = socket.socketpair()
    parent = await AsyncChannel.over(ours)
    parent.close()
    parent.close()
    parent.send(b"too late")
    with pytest.raises(ChannelClosedError):
        await parent.receive()
    theirs.close()


def test_a_thousand_frames_of_each_of_eight_threads_all_arrive(
    pair: tuple[socket.socket, BlockingChannel],
) -> None:
    ours, channel = pair
    reader = BlockingChannel(ours.dup())

    def send(thread: int) -> None:
        for number in range(1000):
            channel.send(b"%d %d" % (thread, number))

    with ThreadPoolExecutor(9) as crowd:
        reading = crowd.submit(lambda: [reader.receive() or b"" for _ in range(8000)])
        for sent in [crowd.submit(send, thread) for thread in range(8)]:
            sent.result()
        received = reading.result(timeout=60)
    assert set(received) == {b"%d %d" % (t, n) for t in range(8) for n in range(1000)}
    reader.close()
