"""The judging process: what it gives up, and what is told when it hangs or dies."""

import asyncio
import os
import signal
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from gateway.clock import SystemClock
from gateway.verification.model import FileJudgement
from gateway.verification.verifier import MODULE, Verifier, VerifierLimits
from policies.model import Invisible
from processes.child import Child, start_child
from tests.document_fixtures import authority, receipt, soft_seal

RECEIPT = receipt("cairo-a4-201")
TRUST = (authority().certificate.public_bytes(Encoding.DER),)


class Starting:
    """Starts real judging processes and does something to the first one."""

    def __init__(self, first_signal: signal.Signals | None = None) -> None:
        self.children: list[Child] = []
        self._signal = first_signal

    def __call__(self) -> Child:
        child = start_child(MODULE)
        self.children.append(child)
        if self._signal is not None and len(self.children) == 1:
            os.kill(child.process.pid, self._signal)
        return child


async def judge_twice(
    starting: Starting, limits: VerifierLimits
) -> tuple[FileJudgement, FileJudgement]:
    async with Verifier(
        trust=TRUST, clock=SystemClock(), limits=limits, start=starting
    ) as verifier:
        return await verifier.judge(RECEIPT), await verifier.judge(RECEIPT)


def test_a_judge_that_hangs_is_ended_and_nothing_is_told() -> None:
    starting = Starting(signal.SIGSTOP)

    async def judge() -> FileJudgement:
        limits = VerifierLimits(deadline_seconds=0.5)
        async with Verifier(
            trust=TRUST, clock=SystemClock(), limits=limits, start=starting
        ) as verifier:
            return await verifier.judge(RECEIPT)

    judgement = asyncio.run(judge())
    assert judgement.verdict == "could-not-tell"
    assert "took longer than 0.5 s" in judgement.why[0]
    assert starting.children[0].process.poll() is not None


def test_a_judge_that_dies_tells_nothing_and_the_next_file_gets_another() -> None:
    first, second = asyncio.run(judge_twice(Starting(signal.SIGKILL), VerifierLimits()))
    assert first.verdict == "could-not-tell"
    assert "ended the process that read it" in first.why[0]
    assert second.verdict == "not-valid"


def test_one_process_judges_all_files_and_is_gone_afterwards() -> None:
    starting = Starting()
    asyncio.run(judge_twice(starting, VerifierLimits()))
    (child,) = starting.children
    assert child.process.poll() is not None


def test_a_file_that_is_too_large_is_not_even_sent() -> None:
    starting = Starting()
    first, _ = asyncio.run(judge_twice(starting, VerifierLimits(max_document_bytes=100)))
    assert first.verdict == "could-not-tell"
    assert "at most 100 are judged" in first.why[0]
    assert starting.children == []


def test_the_judging_process_has_no_network_of_ours_and_no_privileges() -> None:
    async def look() -> tuple[str, str]:
        starting = Starting()
        async with Verifier(trust=TRUST, clock=SystemClock(), start=starting) as verifier:
            sealed = soft_seal().seal(RECEIPT, Invisible())
            assert (await verifier.judge(sealed)).signatures
            process = Path("/proc", str(starting.children[0].process.pid))
            return (process / "net" / "dev").read_text(), (process / "status").read_text()

    network, status = asyncio.run(look())
    interfaces = [line.split(":")[0].strip() for line in network.splitlines()[2:]]
    assert interfaces == ["lo"]
    assert "NoNewPrivs:\t1" in status
    assert "CapEff:\t0000000000000000" in status
