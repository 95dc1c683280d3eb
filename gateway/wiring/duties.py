"""Duties: what runs beside the rest until the gateway stops."""

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any


def take_on(
    duty: Coroutine[Any, Any, None], *, name: str, stack: contextlib.AsyncExitStack
) -> None:
    """Run a duty under this name until the stack is left, which waits until it has stopped."""
    stack.push_async_callback(_stop, asyncio.create_task(duty, name=name))


async def _stop(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
