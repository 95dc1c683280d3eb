"""A child that is asked one thing at a time, and killed when it does not answer."""

import asyncio
from collections.abc import Callable

from processes.channel import AsyncChannel
from processes.child import Child
from processes.errors import ProcessError


class TooSlowError(Exception):
    """No answer came in time; the child was killed."""


class EndedError(Exception):
    """The child ended over the question, or answered what is no frame."""

    def __init__(self, exit_code: int | None) -> None:
        super().__init__(f"exit code {exit_code}")
        self.exit_code = exit_code


class AskedChild:
    """Nothing is started before there is something to ask; what ended is started again.

    Args:
        start: starts the process.
        set_up: its first frame.
        deadline_seconds: how long an answer may take, the start included.
    """

    def __init__(
        self, start: Callable[[], Child], *, set_up: bytes, deadline_seconds: float
    ) -> None:
        self._start = start
        self._set_up = set_up
        self._deadline_seconds = deadline_seconds
        self._running: tuple[Child, AsyncChannel] | None = None

    async def ask(self, frame: bytes) -> bytes:
        """The answer to a frame.

        Raises:
            TooSlowError: none came in time.
            EndedError: the child ended, or could not be started.
        """
        try:
            async with asyncio.timeout(self._deadline_seconds):
                channel = await self._channel()
                channel.send(frame)
                return await channel.receive()
        except TimeoutError:
            await self.end()
            raise TooSlowError from None
        except (ProcessError, OSError):
            raise EndedError(await self.end()) from None

    async def _channel(self) -> AsyncChannel:
        if self._running is None:
            child = self._start()
            try:
                channel = await AsyncChannel.over(child.socket)
            except BaseException:
                # Its time was up before anybody knew of it: nobody else would end it.
                child.socket.close()
                child.kill()
                raise
            channel.send(self._set_up)
            self._running = child, channel
        return self._running[1]

    async def end(self) -> int | None:
        """Kill it; gives its exit code, or None when it was not running."""
        if self._running is None:
            return None
        child, channel = self._running
        self._running = None
        channel.close()
        await asyncio.to_thread(child.kill)
        return child.process.returncode
