"""Receipts that waited on a telephone, came too late, or were cut off."""

import uuid
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from cloud_bridge.envelopes.statements import Signed, Withdrawn
from cloud_bridge.network.deliveries import rows
from cloud_bridge.network.deliveries.writing import Writing
from tests.delivery_house import HandClock, House, delivery_house, photo


async def test_a_receipt_that_waited_is_late_and_both_clocks_are_told(house: House) -> None:
    envelope = await house.send()
    token = await house.label(envelope)
    await house.claim(token)
    told = house.receipt(queued=True)
    house.clock.advance(hours=3)
    _, outcome = await house.put(token, told)
    assert outcome["late"] is True
    assert outcome["actedAt"] == told.acted_at.isoformat().replace("+00:00", "Z")
    assert outcome["receivedAt"] == house.clock.now().isoformat().replace("+00:00", "Z")
    (signed,) = await house.said(envelope, Signed)
    assert isinstance(signed, Signed)
    assert signed.late
    assert signed.acted_at == told.acted_at


async def test_a_telephone_that_hides_that_it_waited_is_late_all_the_same(house: House) -> None:
    token = await house.label(await house.send())
    told = house.receipt()
    house.clock.advance(minutes=6)
    assert (await house.put(token, told))[1]["late"] is True


async def withdraw(house: House, envelope: str) -> str:
    await house.say(envelope, Withdrawn(reason="sent by mistake"))
    return "withdrawn"


async def let_expire(house: House, envelope: str) -> str:
    del envelope
    house.clock.advance(days=4)
    return "expired"


@pytest.mark.parametrize("end", [withdraw, let_expire])
async def test_what_comes_after_the_end_is_kept_as_evidence_and_nothing_is_signed(
    house: House, end: object
) -> None:
    envelope = await house.send()
    token = await house.label(envelope)
    await house.claim(token)
    told = house.receipt(queued=True)
    reason = await end(house, envelope)  # type: ignore[operator]
    one = str(uuid.uuid4())
    status, outcome = await house.put(token, told, id=one, photos=(photo(),))
    assert status == 200
    assert (outcome["ending"], outcome["reason"], outcome["late"]) == ("kept", reason, True)
    assert await house.said(envelope, Signed) == []
    kept = await house.core.lane.read(lambda asked: rows.kept(asked, one))
    assert kept is not None
    known_by = house.claim_of(secret="", digits="")
    assert kept.receipt == msgspec.structs.replace(told, claim=known_by)
    assert kept.by.name == "王师傅"
    attachment = await house.core.book.content(envelope, kept.attachments[0].digest)
    assert attachment.body.startswith(b"\xff\xd8")
    # Sent again, it is told the same.
    assert await house.put(token, told, id=one, photos=(photo(),)) == (status, outcome)


async def test_nothing_of_strangers_is_kept_after_the_end(house: House) -> None:
    envelope = await house.send()
    token = await house.label(envelope)
    await withdraw(house, envelope)
    told = house.receipt(claim=house.claim_of(digits="0000"))
    assert (await house.put(token, told))[0] == 403


async def test_evidence_has_an_end_too(house: House) -> None:
    envelope = await house.send()
    token = await house.label(envelope)
    await withdraw(house, envelope)
    answers = [(await house.put(token))[0] for _ in range(21)]
    assert answers == [*[200] * 20, 410]


async def test_a_receipt_that_cannot_be_written_is_corrected_and_not_lost(house: House) -> None:
    token = await house.label(await house.send())
    await house.claim(token)
    status, told = await house.put(token, house.receipt(remark="破损 \N{ADULT}"))
    assert status == 422
    assert "remark" in str(told["detail"])
    assert (await house.put(token))[1]["ending"] == "signed"


@pytest.mark.parametrize("step", ["_say", "_put"])
async def test_a_receipt_that_was_cut_off_is_signed_once_after_the_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    clock, one = HandClock(), str(uuid.uuid4())
    async with delivery_house(tmp_path, clock=clock) as house:
        envelope = await house.send()
        token = await house.label(envelope)
        told = house.receipt()
        with monkeypatch.context() as patched:
            receiving = "cloud_bridge.network.deliveries.receiving.Receiving"
            patched.setattr(f"{receiving}.{step}", _killed)
            assert (await house.put(token, told, id=one))[0] == 500
    async with delivery_house(tmp_path, clock=clock) as house:
        resume = house.room.work[0][0]
        await resume()
        # Durable: it went on by itself. Not yet: the telephone still has it.
        assert len(await house.said(envelope, Signed)) == (1 if step == "_say" else 0)
        assert (await house.put(token, told, id=one))[1]["ending"] == "signed"
        assert len(await house.said(envelope, Signed)) == 1


async def test_one_receipt_that_cannot_go_on_does_not_hold_the_others_up(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    envelopes = [await house.send(), await house.send()]
    with monkeypatch.context() as patched:
        patched.setattr("cloud_bridge.network.deliveries.receiving.Receiving._say", _killed)
        for each in envelopes:
            await house.put(await house.label(each))
    written = Writing.write

    async def sometimes(self: Writing, kept: object, of: object) -> object:
        if getattr(kept, "envelope", "") == envelopes[0]:
            raise OSError("the disk is full")
        return await written(self, kept, of)  # type: ignore[arg-type]

    monkeypatch.setattr(Writing, "write", sometimes)
    await house.room.work[0][0]()
    assert [len(await house.said(each, Signed)) for each in envelopes] == [0, 1]


async def test_the_clock_of_the_telephone_may_be_wrong(house: House) -> None:
    envelope = await house.send()
    token = await house.label(envelope)
    ahead = house.clock.now() + timedelta(days=200)
    told = house.receipt(acted_at=ahead, opened_at=ahead - timedelta(minutes=1))
    assert (await house.put(token, told))[1]["ending"] == "signed"
    (signed,) = await house.said(envelope, Signed)
    assert isinstance(signed, Signed)
    assert signed.acted_at == ahead


async def _killed(*_: object) -> None:
    raise RuntimeError("killed here")
