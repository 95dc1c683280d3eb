"""The HSM that fails on purpose does so, says so, and otherwise is the HSM behind it."""

import asyncio
import itertools
import time
from collections import Counter

import pytest

from hsm.client import SignerClient
from hsm.errors import KeyStoreError, SignerUnavailableError, TokenAbsentError
from tests.contracts.test_key_store import DIGEST_KEYS, digest, verify
from tests.hsm_shim.shim import Call, HSMShim
from tests.signer_fixtures import Source, checkpoint, description, grant, restarted, running

FUNCTION_FAILED, DEVICE_ERROR = 0x06, 0x30


def asked(shim: HSMShim, key: str) -> list[bytes]:
    """What the key of that label was to sign, after the self-test."""
    calls = [call for call in shim.calls() if call.key == key and call.data is not None]
    return [call.data for call in calls[1:] if call.data is not None]


def answers(shim: HSMShim, name: str = "C_Sign") -> list[int]:
    return [each.answer for each in shim.calls() if each.name == name and each.answer is not None]


async def sign_many(signer: SignerClient, count: int) -> list[bytes | BaseException]:
    signing = (signer.sign(grant(signer, b"%d" % number)) for number in range(count))
    return await asyncio.gather(*signing, return_exceptions=True)


async def test_what_is_passed_on_verifies_and_stands_in_the_log(
    shimmed: Source, shim: HSMShim
) -> None:
    async with running(shimmed) as signer:
        for key in DIGEST_KEYS:
            verify(
                description(signer, key), await signer.sign(grant(signer, key=key)), b"a receipt"
            )
            (data,) = asked(shim, f"{key}-key")
            assert data.endswith(digest(key, b"a receipt"))
        head = checkpoint(1)
        verify(description(signer, "log"), await signer.sign_checkpoint(head), head)
        assert asked(shim, "log-key") == [head]
    assert set(answers(shim)) == {0}
    assert answers(shim, "C_Login") == [0]


async def test_a_use_is_in_the_log_before_the_key_is_used(shimmed: Source, shim: HSMShim) -> None:
    async with running(shimmed) as signer:
        shim.hang()
        hanging = asyncio.create_task(signer.sign(grant(signer)))
        while not asked(shim, "p256-key"):
            await asyncio.sleep(0)
        unanswered = len(shim.calls()) - len(answers(shim))
        shim.work()
        await hanging
        assert len(shim.calls()) - len(answers(shim)) == unanswered
        assert shim.calls()[-1].answer == 0


async def test_lines_of_many_threads_do_not_mix(shimmed: Source, shim: HSMShim) -> None:
    async with running(shimmed) as signer:
        results = await sign_many(signer, 200)
    assert all(isinstance(each, bytes) for each in results)
    assert Counter(asked(shim, "p256-key")) == Counter(
        digest("p256", b"%d" % n) for n in range(200)
    )

    def in_thread(call: Call) -> tuple[int, int]:
        return call.pid, call.thread

    signs = sorted((each for each in shim.calls() if each.name == "C_Sign"), key=in_thread)
    for _, calls in itertools.groupby(signs, key=in_thread):
        pairs = list(calls)
        assert [each.data is None for each in pairs] == [False, True] * (len(pairs) // 2)


async def test_a_share_of_the_signatures_fails_and_a_retry_cures_most(
    shimmed: Source, shim: HSMShim
) -> None:
    async with running(shimmed) as signer:
        shim.fail({FUNCTION_FAILED: 0.1, DEVICE_ERROR: 0.1})
        await sign_many(signer, 400)
        shim.work()
        found = Counter(answers(shim))
    # A tenth of 400 and of what was tried again, give or take six standard deviations.
    for code in (FUNCTION_FAILED, DEVICE_ERROR):
        assert 4 < found[code] < 100
    assert set(found) == {0, FUNCTION_FAILED, DEVICE_ERROR}


async def test_when_every_signature_fails_the_caller_is_told_what_the_token_said(
    shimmed: Source, shim: HSMShim
) -> None:
    async with running(shimmed) as signer:
        shim.fail({DEVICE_ERROR: 1.0})
        with pytest.raises(KeyStoreError, match="DeviceError"):
            await signer.sign(grant(signer))
        shim.work()
        verify(description(signer, "p256"), await signer.sign(grant(signer)), b"a receipt")


async def test_a_delay_bounds_the_rate_by_the_number_of_sessions(
    shimmed: Source, shim: HSMShim
) -> None:
    async with running(shimmed) as signer:
        shim.delay(20)
        began = time.monotonic()
        await sign_many(signer, 40)
        took = time.monotonic() - began
    assert took >= 40 * 0.020 / shimmed.config.sessions


async def test_a_hang_has_the_signer_replaced_and_ends_when_it_is_told(
    shimmed: Source, shim: HSMShim
) -> None:
    async with running(shimmed, deadline_seconds=0.3) as signer:
        await signer.sign(grant(signer))
        epoch = signer.epoch
        shim.hang()
        with pytest.raises(SignerUnavailableError, match="did not answer"):
            await signer.sign(grant(signer))
        shim.work()
        await restarted(signer, after=epoch)
        assert await signer.sign(grant(signer))


async def test_a_token_that_is_taken_out_comes_back_after_a_reload_and_one_login(
    shimmed: Source, shim: HSMShim
) -> None:
    async with running(shimmed) as signer:
        with shim.removed():
            for _ in range(2):
                with pytest.raises(TokenAbsentError):
                    await signer.sign(grant(signer))
        verify(description(signer, "p256"), await signer.sign(grant(signer)), b"a receipt")
    assert answers(shim, "C_Login") == [0, 0]
