"""The thread beside the event loop in which policies are loaded, and let go again."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class PolicyThread:
    """Always the same one: what is freed where it was made goes back in small steps, too.

    The C library keeps what threads free by the thread that had asked for it.
    """

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="policies")

    async def run(self, call: Callable[[], T]) -> T:
        """Do it there, and wait for it."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, call)
