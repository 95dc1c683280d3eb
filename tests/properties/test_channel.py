"""Whatever the kernel does with the bytes, the frames come out as they went in."""

import asyncio
import contextlib
import itertools
import socket
import struct
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given, settings
from hypothesis import strategies as st

from processes.channel import AsyncChannel, BlockingChannel, framed
from processes.errors import ChannelClosedError, FrameTooLargeError

# Around what is coalesced and what is not, and around what a socket takes at once.
SIZES = st.one_of(st.integers(0, 300), st.integers(65_500, 65_600), st.integers(200_000, 300_000))
FRAMES = st.lists(
    st.one_of(st.binary(max_size=64), SIZES.map(lambda size: bytes([size % 251]) * size)),
    max_size=12,
)


@contextlib.contextmanager
def blocking_end(limit: int = 1 << 20) -> Iterator[tuple[socket.socket, BlockingChannel]]:
    ours, theirs = socket.socketpair()
    channel = BlockingChannel(theirs, max_frame_bytes=limit)
    try:
        yield ours, channel
    finally:
        ours.close()
        channel.close()


def cut(stream: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({each % (len(stream) + 1) for each in cuts} | {0, len(stream)})
    return [stream[a:b] for a, b in itertools.pairwise(places)]


def everything_from(channel: BlockingChannel) -> list[bytes]:
    return list(iter(channel.receive, None))


async def everything_at(channel: AsyncChannel) -> list[bytes]:
    frames = []
    with contextlib.suppress(ChannelClosedError):
        while True:
            frames.append(await channel.receive())
    return frames


@settings(max_examples=60)
@given(FRAMES, st.lists(st.integers(0, 1 << 22), max_size=20))
def test_however_frames_are_split_the_child_reads_them_whole(
    frames: list[bytes], cuts: list[int]
) -> None:
    with blocking_end() as (ours, channel), ThreadPoolExecutor(1) as other:
        reading = other.submit(everything_from, channel)
        for piece in cut(b"".join(map(framed, frames)), cuts):
            ours.sendall(piece)
        ours.shutdown(socket.SHUT_WR)
        assert reading.result() == frames


@settings(max_examples=60)
@given(FRAMES, st.lists(st.integers(0, 1 << 22), max_size=20))
def test_however_frames_are_split_the_parent_reads_them_whole(
    frames: list[bytes], cuts: list[int]
) -> None:
    async def read() -> list[bytes]:
        ours, theirs = socket.socketpair()
        channel = await AsyncChannel.over(theirs)
        reading = asyncio.create_task(everything_at(channel))
        with ours:
            ours.setblocking(False)  # noqa: FBT003 - socket's own signature
            for piece in cut(b"".join(map(framed, frames)), cuts):
                await asyncio.get_running_loop().sock_sendall(ours, piece)
        received = await reading
        channel.close()
        return received

    assert asyncio.run(read()) == frames


@settings(max_examples=60)
@given(FRAMES, FRAMES)
def test_frames_go_there_and_back_in_order(asked: list[bytes], answered: list[bytes]) -> None:
    async def talk() -> None:
        ours, theirs = socket.socketpair()
        child, channel = BlockingChannel(theirs), await AsyncChannel.over(ours)

        def listen_and_answer() -> list[bytes]:
            for frame in answered:
                child.send(frame)
            return [child.receive() or b"" for _ in asked]

        listening = asyncio.create_task(asyncio.to_thread(listen_and_answer))
        for frame in asked:
            channel.send(frame)
        assert [await channel.receive() for _ in answered] == answered
        assert await listening == asked
        channel.close()
        child.close()

    asyncio.run(talk())


@given(FRAMES.filter(bool), st.integers(0, 1 << 22))
def test_an_end_in_the_middle_of_a_frame_gives_the_whole_ones_before_it(
    frames: list[bytes], cut_at: int
) -> None:
    stream = b"".join(map(framed, frames))
    cut_at %= len(stream)
    ends = [sum(4 + len(each) for each in frames[: n + 1]) for n in range(len(frames))]
    whole = frames[: sum(end <= cut_at for end in ends)]
    with blocking_end() as (ours, channel), ThreadPoolExecutor(1) as other:
        reading = other.submit(everything_from, channel)
        ours.sendall(stream[:cut_at])
        ours.close()
        assert reading.result() == whole


@given(st.binary(max_size=200))
def test_whatever_comes_in_it_is_frames_or_too_large_or_the_end(garbage: bytes) -> None:
    with blocking_end(limit=64) as (ours, channel):
        ours.sendall(garbage)
        ours.close()
        received = b""
        try:
            for frame in iter(channel.receive, None):
                assert len(frame) <= 64
                received += framed(frame)
        except FrameTooLargeError:
            (length,) = struct.unpack_from(">I", garbage, len(received))
            assert length > 64
        assert garbage.startswith(received)


@settings(max_examples=30)
@given(st.lists(st.lists(SIZES, max_size=20), min_size=2, max_size=8))
def test_frames_of_many_threads_arrive_whole_once_and_in_each_threads_order(
    plan: list[list[int]],
) -> None:
    with blocking_end() as (ours, channel):
        reader = BlockingChannel(ours.dup())
        together = threading.Barrier(len(plan))

        def send(thread: int) -> None:
            together.wait()
            for number, size in enumerate(plan[thread]):
                channel.send(struct.pack(">BH", thread, number) + bytes([thread]) * size)

        expected = sum(map(len, plan))
        with ThreadPoolExecutor(len(plan) + 1) as crowd:
            reading = crowd.submit(lambda: [reader.receive() or b"" for _ in range(expected)])
            for sent in [crowd.submit(send, thread) for thread in range(len(plan))]:
                sent.result()
            received = reading.result()
        reader.close()
    arrived: list[list[int]] = [[] for _ in plan]
    for frame in received:
        thread, number = struct.unpack_from(">BH", frame)
        assert number == len(arrived[thread])
        assert frame[3:] == bytes([thread]) * plan[thread][number]
        arrived[thread].append(len(frame) - 3)
    assert arrived == plan
