"""A signer that dies, hangs or cannot be started: what its callers see, and when another comes."""

import asyncio
import signal
import time
from pathlib import Path

import pytest

from hsm.errors import SignerUnavailableError
from policies.errors import GrantRefusedError
from processes.errors import ChildNotStartedError
from tests.contracts.test_key_store import verify
from tests.signer_fixtures import (
    Pauses,
    Source,
    description,
    grant,
    restarted,
    running,
    source,
)

__all__ = ["source"]


async def test_a_killed_signer_fails_what_it_had_in_hand_and_is_replaced_at_once(
    source: Source,
) -> None:
    pauses = Pauses()
    async with running(source, pauses=pauses) as signer:
        await signer.sign(grant(signer))
        epoch, old = signer.epoch, grant(signer)
        source.signal(signal.SIGSTOP)
        in_hand = [asyncio.create_task(signer.sign(grant(signer))) for _ in range(20)]
        await asyncio.sleep(0)
        source.signal(signal.SIGKILL)
        for each in in_hand:
            with pytest.raises(SignerUnavailableError):
                await each

        await restarted(signer, after=epoch)
        assert pauses.seconds == []
        verify(description(signer, "p256"), await signer.sign(grant(signer)), b"a receipt")
        with pytest.raises(GrantRefusedError, match="earlier run"):
            await signer.sign(old)
        assert (signer.restarts, signer.in_hand) == (1, 0)


@pytest.mark.parametrize("requests", [1, 5000])
async def test_a_signer_that_hangs_is_killed_and_replaced(source: Source, requests: int) -> None:
    # 5,000 are more than the channel takes, so that some wait to be written when it is closed.
    async with running(source, deadline_seconds=0.5) as signer:
        await signer.sign(grant(signer))
        epoch, pid = signer.epoch, source.pid
        source.signal(signal.SIGSTOP)
        stuck = [asyncio.create_task(signer.sign(grant(signer))) for _ in range(requests)]
        results = await asyncio.gather(*stuck, return_exceptions=True)
        assert {type(each) for each in results} == {SignerUnavailableError}
        assert "did not answer within 0.5 s" in str(results[0])
        await restarted(signer, after=epoch)
        assert not Path(f"/proc/{pid}").exists()
        await signer.sign(grant(signer))


async def test_a_long_queue_is_no_hang(source: Source) -> None:
    # They take longer than the deadline together, and far less each.
    deadline, asked, took = 2.0, 0, 0.0  # a busy machine may let a second pass between two answers
    async with running(source, deadline_seconds=deadline) as signer:
        while took <= deadline:  # a faster machine is asked more
            numbers = range(asked, 2 * asked + 3000)
            asked += len(numbers)
            began = time.monotonic()
            jobs = (signer.sign(grant(signer, b"%d" % n, key="rsa")) for n in numbers)
            await asyncio.gather(*jobs)
            took = time.monotonic() - began
        assert signer.restarts == 0


async def test_nobody_waits_for_a_client_that_is_closed(source: Source) -> None:
    async with running(source) as signer:
        waiting_grant = grant(signer)
        source.signal(signal.SIGSTOP)
        waiting = asyncio.create_task(signer.sign(waiting_grant))
        await asyncio.sleep(0)
    with pytest.raises(SignerUnavailableError, match="stopping"):
        await waiting
    with pytest.raises(SignerUnavailableError, match="stopping"):
        await signer.sign(waiting_grant)


async def test_a_cancelled_request_leaves_nothing_behind(source: Source) -> None:
    async with running(source) as signer:
        source.signal(signal.SIGSTOP)
        cancelled = [asyncio.create_task(signer.sign(grant(signer))) for _ in range(20)]
        await asyncio.sleep(0)
        for each in cancelled:
            each.cancel()
        await asyncio.gather(*cancelled, return_exceptions=True)
        assert signer.in_hand == 20  # a session may hang in one: the deadline still counts
        source.signal(signal.SIGCONT)
        while signer.in_hand:
            await signer.sign(grant(signer))
        assert signer.restarts == 0


async def test_a_hang_in_what_nobody_waits_for_any_more_is_noticed(source: Source) -> None:
    async with running(source, deadline_seconds=0.3) as signer:
        epoch = signer.epoch
        source.signal(signal.SIGSTOP)
        cancelled = asyncio.create_task(signer.sign(grant(signer)))
        await asyncio.sleep(0)
        cancelled.cancel()
        await restarted(signer, after=epoch)
        assert signer.in_hand == 0


async def test_starts_that_fail_are_tried_again_with_growing_pauses(source: Source) -> None:
    pauses = Pauses()
    async with running(source, pauses=pauses) as signer:
        await signer.sign(grant(signer))
        epoch = signer.epoch
        source.failures = [ChildNotStartedError("no room"), OSError("no memory")]
        source.failures += [ChildNotStartedError("no room") for _ in range(5)]
        source.signal(signal.SIGKILL)
        await restarted(signer, after=epoch)
        assert pauses.seconds == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
        await signer.sign(grant(signer))


async def test_a_signer_that_dies_before_it_signs_anything_is_restarted_ever_more_slowly(
    source: Source,
) -> None:
    pauses = Pauses()
    async with running(source, pauses=pauses) as signer:
        for expected in ([1.0], [1.0, 2.0]):
            epoch = signer.epoch
            source.signal(signal.SIGKILL)
            await restarted(signer, after=epoch)
            assert pauses.seconds == expected
        epoch = signer.epoch
        await signer.sign(grant(signer))
        source.signal(signal.SIGKILL)
        await restarted(signer, after=epoch)
        assert pauses.seconds == expected
