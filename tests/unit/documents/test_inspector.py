"""The inspecting process: what it gives up, and what is told when it hangs or dies."""

import asyncio
import os
import signal
from pathlib import Path

from gateway.documents.examining.inspector import MODULE, Inspector, InspectorLimits
from gateway.documents.inspection.model import FileInspection
from processes.child import Child, start_child
from tests.document_fixtures import receipt
from tests.hostile.samples import bomb

RECEIPT = receipt("cairo-a4-201")


class Starting:
    """Starts real inspecting processes and does something to the first one."""

    def __init__(self, first_signal: signal.Signals | None = None) -> None:
        self.children: list[Child] = []
        self._signal = first_signal

    def __call__(self) -> Child:
        child = start_child(MODULE)
        self.children.append(child)
        if self._signal is not None and len(self.children) == 1:
            os.kill(child.process.pid, self._signal)
        return child


def inspect(
    starting: Starting, *documents: bytes, limits: InspectorLimits | None = None
) -> list[FileInspection]:
    async def run() -> list[FileInspection]:
        async with Inspector(limits=limits, start=starting) as inspector:
            return [await inspector.inspect(document) for document in documents]

    return asyncio.run(run())


def test_one_that_hangs_is_ended_and_nothing_is_told() -> None:
    starting = Starting(signal.SIGSTOP)
    (told,) = inspect(starting, RECEIPT, limits=InspectorLimits(deadline_seconds=0.5))
    assert told.verdict == "could-not-tell"
    assert "took longer than 0.5 s" in told.why[0]
    assert starting.children[0].process.poll() is not None


def test_one_that_dies_tells_nothing_and_the_next_file_gets_another() -> None:
    first, second = inspect(Starting(signal.SIGKILL), RECEIPT, RECEIPT)
    assert first.verdict == "could-not-tell"
    assert "ended the process that read it" in first.why[0]
    assert second.verdict == "accepted"


def test_a_bomb_is_a_finding_and_the_process_lives() -> None:
    starting = Starting()
    first, second = inspect(starting, bomb(2), RECEIPT)
    assert [each.rule for each in first.findings] == ["limits"]
    assert second.verdict == "accepted"
    assert len(starting.children) == 1


def test_a_file_that_is_too_large_is_not_even_sent() -> None:
    starting = Starting()
    (told,) = inspect(starting, RECEIPT, limits=InspectorLimits(max_document_bytes=100))
    assert "at most 100 are read" in told.why[0]
    assert starting.children == []


def test_it_has_no_network_and_no_privileges() -> None:
    async def look() -> tuple[str, str]:
        starting = Starting()
        async with Inspector(start=starting) as inspector:
            assert (await inspector.inspect(RECEIPT)).verdict == "accepted"
            process = Path("/proc", str(starting.children[0].process.pid))
            return (process / "net" / "dev").read_text(), (process / "status").read_text()

    network, status = asyncio.run(look())
    assert [line.split(":")[0].strip() for line in network.splitlines()[2:]] == ["lo"]
    assert "NoNewPrivs:\t1" in status
