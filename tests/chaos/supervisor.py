"""What systemd is in production: starts the gateway again whenever it is gone."""

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Protocol, Self

from tests.chaos.soft_token import SoftTokenCare

PIN_REFUSED = 78
_STARTS_WITHOUT_READY = 10

MODULES = {
    "gateway": "gateway.wiring.process",
    "worker": "gateway.documents.worker",
    "signer": "hsm.signer",
}


class Served(Protocol):
    """What is kept running: it says `ready` in a line on standard error."""

    @property
    def command(self) -> tuple[str, ...]:
        """Serves it."""
        ...

    @property
    def log_file(self) -> Path:
        """Where all goes that its processes write."""
        ...

    @property
    def tokens(self) -> Path | None:
        """Of SoftHSM; None: it has none."""
        ...


class Supervisor:
    """Keeps one installation running until it is told to stop. Use as an async context manager.

    `seconds_to_ready` are how long each start took until it said `ready`.
    """

    def __init__(self, installation: Served) -> None:
        self._installation = installation
        self._process: asyncio.subprocess.Process | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._caring: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self.seconds_to_ready: list[float] = []
        self.token = SoftTokenCare(installation.tokens)
        self.starts = 0
        self.failed_starts: list[str] = []

    async def __aenter__(self) -> Self:
        """Start, and wait until it is ready."""
        self._keeping = asyncio.create_task(self._keep())
        self._caring = asyncio.create_task(self.token.care())
        await self.ready()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Have it stop in order."""
        for task in (self._keeping, self._caring):
            assert task is not None
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def ready(self, *, seconds: float = 120.0) -> None:
        """Wait until it says that it is ready.

        Raises:
            AssertionError: it does not come, or must not be started again.
        """
        assert self._keeping is not None
        waiting = asyncio.create_task(self._ready.wait())
        done, _ = await asyncio.wait(
            {waiting, self._keeping}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
        waiting.cancel()
        if self._keeping in done:
            self._keeping.result()
        assert waiting in done, f"not ready within {seconds:g} s: {self.failed_starts[-3:]}"

    @property
    def is_ready(self) -> bool:
        """Whether it said so since it was started last."""
        return self._ready.is_set()

    def pids(self, target: str) -> list[int]:
        """The processes that a target names, as far as they are there now.

        Args:
            target: `gateway`, `worker`, `signer`, `keeper`, or `all` of them.
        """
        if self._process is None or self._process.returncode is not None:
            return []
        keeper = self._process.pid
        if target == "keeper":
            return [keeper]
        below = list(_descendants(keeper))
        if target == "all":
            return [*below, keeper]
        module = MODULES[target].encode()
        return [pid for pid in below if module in _command_of(pid)]

    def kill(self, target: str, *, only: int | None = None) -> int:
        """`kill -9`; gives how many processes it hit. `only`: one of several, counted round."""
        pids = self.pids(target)
        if only is not None and pids:
            pids = [pids[only % len(pids)]]
        if target in {"gateway", "keeper", "all"} and pids:
            self._ready.clear()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return len(pids)

    async def _keep(self) -> None:
        without_ready = 0
        with self._installation.log_file.open("ab") as log:
            while True:
                code, was_ready = await self._run(log)
                without_ready = 0 if was_ready else without_ready + 1
                assert code != PIN_REFUSED, "the PIN was refused"
                assert without_ready < _STARTS_WITHOUT_READY, (
                    f"no start works: {self.failed_starts[-1:]}"
                )

    async def _run(self, log: BinaryIO) -> tuple[int, bool]:
        began, was_ready = time.monotonic(), False
        self.starts += 1
        self._process = await asyncio.create_subprocess_exec(
            *self._installation.command, stderr=asyncio.subprocess.PIPE, limit=2**22
        )
        assert self._process.stderr is not None
        try:
            async for line in self._process.stderr:
                log.write(line)
                log.flush()
                event = _event(line)
                if event.get("event") == "ready":
                    was_ready = True
                    self.seconds_to_ready.append(time.monotonic() - began)
                    self._ready.set()
                elif event.get("event") == "cannot_serve":
                    self.failed_starts.append(event["error"])
            return await self._process.wait(), was_ready
        except asyncio.CancelledError:
            await self._stop(log)
            raise
        finally:
            self._ready.clear()

    async def _stop(self, log: BinaryIO) -> None:
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        assert self._process.stderr is not None
        log.write(await self._process.stderr.read())
        await self._process.wait()


def _event(line: bytes) -> dict[str, Any]:
    try:
        event: dict[str, Any] = json.loads(line)
    except ValueError:
        return {}
    return event


def _command_of(pid: int) -> list[bytes]:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    return []


def _descendants(pid: int) -> Iterator[int]:
    with contextlib.suppress(OSError):
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            for child in map(int, children.read_text().split()):
                yield child
                yield from _descendants(child)
