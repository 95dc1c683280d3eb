"""The promises of the signing cycle, with time, disk and key in the test's hand."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from gateway.audit.record import Record, read_leaf
from gateway.documents.errors import PreparationFailedProblem
from gateway.errors import Problem
from gateway.signing.errors import (
    ClockOffProblem,
    IdempotencyKeyReusedProblem,
    LimitReachedProblem,
    RequestRefusedProblem,
    SealExpiredProblem,
    SealNotYetValidProblem,
    SealUnknownProblem,
    SignerUnavailableProblem,
)
from gateway.store.engines.database import open_reader
from gateway.store.errors import StoreProblem
from gateway.store.schema import audit_leaf
from hsm.errors import SignerUnavailableError, TokenFailedError
from policies.grant import Grant
from tests.running_gateway import RECEIPT
from tests.signing_house import House, request, signing_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with signing_house(tmp_path) as made:
        yield made


def records(house: House) -> list[dict[str, Any]]:
    with open_reader(house.directory / "test.sqlite").connect() as connection:
        leaves = connection.execute(select(audit_leaf.c.leaf).order_by(audit_leaf.c.index))
        return [read_leaf(leaf) for leaf in leaves.scalars()]


def refuse_writes(house: House, *, on: bool) -> None:
    """SQLite itself refuses to write, as on a file system that went read-only."""
    house.engine.raw_connection().execute(f"PRAGMA query_only={'ON' if on else 'OFF'}")


async def test_the_intent_is_durable_before_the_key_is_used(house: House) -> None:
    seen: list[list[dict[str, Any]]] = []
    house.signer.before = lambda _grant: seen.append(records(house))

    sealed = await house.seal()

    (at_signing,) = seen
    (intent,) = at_signing
    (grant,) = house.signer.redeemed
    assert intent["kind"] == "intent"
    assert intent["to_be_signed"] == grant.digest.hex()
    assert intent["index"] == grant.audit_index == sealed.row.intent_index


async def test_nothing_is_sealed_while_the_audit_log_cannot_be_written(house: House) -> None:
    refuse_writes(house, on=True)

    with pytest.raises(StoreProblem):
        await house.seal()

    assert house.signer.redeemed == []
    assert records(house) == []
    refuse_writes(house, on=False)
    assert (await house.seal()).row.is_sealed


async def test_a_store_that_fails_at_the_outcome_releases_nothing(house: House) -> None:
    house.signer.before = lambda _grant: refuse_writes(house, on=True)
    with pytest.raises(StoreProblem):
        await house.seal()

    row = await house.reader.by_key("tms", "k")
    assert row is not None
    assert not row.is_sealed


async def test_a_repeat_gets_the_same_bytes_and_uses_no_key(house: House) -> None:
    first = await house.seal()
    again = await house.seal()
    assert again.repeated
    assert b"".join(again.content) == b"".join(first.content)
    assert len(house.signer.redeemed) == 1


async def test_twins_that_come_at_once_are_sealed_once(house: House) -> None:
    results = await asyncio.gather(*(house.seal() for _ in range(20)))
    assert len({b"".join(each.content) for each in results}) == 1
    assert len(house.signer.redeemed) == 1


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_key_with_another_document_is_refused(house: House, at_once: bool) -> None:  # noqa: FBT001
    first = asyncio.create_task(house.seal())
    await asyncio.sleep(0)
    if not at_once:
        await first
    with pytest.raises(IdempotencyKeyReusedProblem):
        await house.seal(document=RECEIPT + b"\n")
    await first


async def test_a_signer_that_died_with_the_grant_is_asked_again_for_the_same_intent(
    house: House,
) -> None:
    deaths = iter([SignerUnavailableError("died"), SignerUnavailableError("died")])

    def die(_grant: Grant) -> None:
        error = next(deaths, None)
        if error is not None:
            raise error

    house.signer.before = die
    sealed = await house.seal()

    assert [record["kind"] for record in records(house)] == ["intent", "outcome"]
    assert sealed.row.is_sealed


async def test_a_signer_that_stays_away_is_told_and_the_repeat_signs_the_same_bytes(
    house: House,
) -> None:
    def be_away(_grant: Grant) -> None:
        house.clock.seconds += 30
        raise SignerUnavailableError("the signer is being restarted")

    house.signer.before = be_away
    with pytest.raises(SignerUnavailableProblem):
        await house.seal()
    house.signer.before = lambda _grant: None
    house.clock.move(timedelta(minutes=10))
    await house.seal()

    first, _failed, again, _outcome = records(house)
    assert (first["kind"], again["kind"]) == ("intent", "intent")
    assert again["to_be_signed"] == first["to_be_signed"]
    assert again["document"] == first["document"]


async def test_a_key_that_fails_leaves_a_failed_outcome_and_releases_nothing(house: House) -> None:
    def fail(_grant: Grant) -> None:
        raise TokenFailedError("CKR_DEVICE_ERROR")

    house.signer.before = fail
    with pytest.raises(SignerUnavailableProblem):
        await house.seal()
    intent, outcome = records(house)
    assert (outcome["result"], outcome["intent"]) == ("failed", intent["index"])
    row = await house.reader.by_key("tms", "k")
    assert row is not None
    assert not row.is_sealed


async def test_after_a_restart_an_interrupted_document_signs_the_same_bytes(
    tmp_path: Path,
) -> None:
    async with signing_house(tmp_path) as house:

        def crash(_grant: Grant) -> None:
            raise TokenFailedError("as if the power went here")

        house.signer.before = crash
        with pytest.raises(SignerUnavailableProblem):
            await house.seal()
        (before,) = [each for each in records(house) if each["kind"] == "intent"]
        signer, clock = house.signer, house.clock

    signer.before = lambda _grant: None
    clock.move(timedelta(hours=3))
    async with signing_house(tmp_path, clock=clock, signer=signer) as house:
        await house.seal()
        after = [each for each in records(house) if each["kind"] == "intent"][-1]
    assert after["to_be_signed"] == before["to_be_signed"]


async def test_limits_are_exact_when_many_come_at_once(house: House) -> None:
    async def one(number: int) -> str:
        try:
            await house.service.seal(request(f"k{number}"), RECEIPT)
        except LimitReachedProblem:
            return "limit"
        return "sealed"

    results = await asyncio.gather(*(one(number) for number in range(12)))

    assert results.count("sealed") == 3
    assert len(house.signer.redeemed) == 3
    house.clock.move(timedelta(hours=1))
    assert (await house.seal("later")).row.is_sealed


@pytest.mark.parametrize(
    ("shift", "problem"),
    [
        (timedelta(days=3650), SealExpiredProblem),
        (timedelta(days=-30), SealNotYetValidProblem),
    ],
    ids=["expired", "not yet valid"],
)
async def test_a_certificate_out_of_its_time_is_refused_and_recorded(
    house: House, shift: timedelta, problem: type[Problem]
) -> None:
    house.clock.moment += shift
    with pytest.raises(problem, match="certificate"):
        await house.seal()
    assert [record["kind"] for record in records(house)] == ["denied"]
    assert house.signer.redeemed == []


async def test_a_clock_that_was_set_back_stops_sealing_until_it_is_right(house: House) -> None:
    await house.seal("one")
    house.clock.moment -= timedelta(hours=2)
    with pytest.raises(ClockOffProblem):
        await house.seal("two")
    house.clock.moment += timedelta(hours=2)
    assert (await house.seal("two")).row.is_sealed


async def test_a_restart_does_not_heal_a_clock_that_was_set_back(tmp_path: Path) -> None:
    async with signing_house(tmp_path) as house:
        await house.seal("one")
        signer, clock = house.signer, house.clock
    clock.moment -= timedelta(hours=5)
    for _ in range(3):  # each start appends records of its own, at the wrong time
        async with signing_house(tmp_path, clock=clock, signer=signer) as house:
            await house.audit.record(Record(kind="start", at=clock.now(), content={}))
            with pytest.raises(ClockOffProblem):
                await house.seal("two")


async def test_a_denial_of_any_length_is_recorded(house: House) -> None:
    attributes = {f"{'x' * 2000}{number}": 1 for number in range(100)}
    with pytest.raises(RequestRefusedProblem):
        await house.service.seal(request(attributes=attributes), RECEIPT)
    assert [record["kind"] for record in records(house)] == ["denied"]


async def test_an_unknown_seal_is_told_as_such(house: House) -> None:
    with pytest.raises(SealUnknownProblem):
        await house.service.seal(request(seal="nowhere"), RECEIPT)


async def test_a_caller_that_hangs_up_does_not_stop_its_document(house: House) -> None:
    waiting = asyncio.create_task(house.seal())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    again = await house.seal()
    assert len(house.signer.redeemed) == 1
    assert again.row.is_sealed


async def test_the_key_signs_the_very_bytes_that_are_released(house: House) -> None:
    sealed = await house.seal()
    content = b"".join(sealed.content)
    signed = re.search(rb"/ByteRange \[0 (\d+) (\d+) (\d+)\]", content)
    assert signed is not None
    start, end, rest = map(int, signed.groups())
    assert end + rest == len(content)
    digest = sha256(content[:start] + content[end:]).digest()
    assert content.startswith(RECEIPT)
    assert digest.hex().encode() in content[start:end]
    attributes = house.press.to_be_signed(digest, house.in_force.seals[sealed.row.seal])
    assert house.signer.redeemed[0].digest == sha256(attributes).digest()


async def test_a_worker_that_a_document_has_taken_over_cannot_put_another_in_its_place(
    house: House,
) -> None:
    forged = RECEIPT + b"I owe you a million"
    house.press.forge = lambda prepared: msgspec.structs.replace(prepared, normalized=forged)
    with pytest.raises(PreparationFailedProblem):
        await house.seal()
    assert house.signer.redeemed == []
    assert [each["kind"] for each in records(house)] == []
