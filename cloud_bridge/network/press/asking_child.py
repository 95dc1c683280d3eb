"""One question to a process of its own, which reads what strangers sent and then ends."""

import asyncio
import contextlib
import os
import sys


async def ask_child(
    module: str, question: bytes, *, max_memory_bytes: int, deadline_seconds: float
) -> tuple[bytes, int | None]:
    """What `python -m module MEMORY SECONDS` answers, and its exit code; it is gone afterwards.

    Raises:
        TimeoutError: it took longer than it may, and was killed.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        module,
        str(max_memory_bytes),
        str(int(deadline_seconds) + 1),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(deadline_seconds):
            answer, _ = await child.communicate(question)
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()
    return answer, child.returncode
