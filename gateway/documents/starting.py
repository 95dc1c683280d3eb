"""Start one document worker and wait until it has confined itself and is ready."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from gateway.documents.wire import PROTOCOL, Ready, SetUp, decode_from_worker, encode
from processes.channel import AsyncChannel
from processes.child import Child
from processes.errors import ChannelClosedError

# Python, pyHanko and pdfium load in about a second; a machine that is starting may be slow.
_START_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Started:
    """A worker that is ready; `restrictions` names what it gave up."""

    child: Child
    channel: AsyncChannel
    restrictions: tuple[str, ...]


async def start(start_worker: Callable[[], Child], setup: SetUp) -> Started:
    """Start a worker. When this is cancelled or fails, no process stays behind.

    Raises:
        ChannelClosedError: it ended, or did not become ready.
        OSError: the process could not be made.
    """
    child = await _start_child(start_worker)
    channel = await AsyncChannel.over(child.socket)
    try:
        async with asyncio.timeout(_START_SECONDS):
            restrictions = await _set_up(channel, setup)
    except BaseException as error:
        channel.close()
        child.kill()
        if isinstance(error, TimeoutError):
            raise ChannelClosedError("the worker did not become ready") from None
        raise
    return Started(child, channel, restrictions)


async def _start_child(start_worker: Callable[[], Child]) -> Child:
    starting = asyncio.create_task(asyncio.to_thread(start_worker))
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        child = await starting
        child.kill()
        child.socket.close()
        raise


async def _set_up(channel: AsyncChannel, setup: SetUp) -> tuple[str, ...]:
    channel.send(encode(setup))
    try:
        ready = decode_from_worker(await channel.receive())
    except msgspec.MsgspecError as error:
        raise ChannelClosedError("the worker's greeting is not understood") from error
    if not isinstance(ready, Ready) or ready.protocol != PROTOCOL:
        raise ChannelClosedError("the worker did not greet")
    return ready.restrictions
