"""The first claim wins; it can be left lying, released, and guessed at in vain."""

import asyncio
import base64
import os
import uuid

import pytest

from cloud_bridge.envelopes.statements import Claimed, Signed
from tests.delivery_house import OTHER_SECRET, House


def secret() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip("=")


def word(answer: dict[str, object]) -> str:
    return str(answer["type"]).rpartition(":")[2]


async def test_of_forty_who_claim_at_once_exactly_one_wins(house: House) -> None:
    token = await house.label(await house.send())
    answers = await asyncio.gather(
        *(house.claim(token, secret=secret(), name=f"司机{number}") for number in range(40))
    )
    assert sorted(status for status, _ in answers) == [200, *[409] * 39]
    assert {word(told) for status, told in answers if status == 409} == {"delivery-taken"}


async def test_of_ten_receipts_with_claims_of_their_own_one_is_signed_and_nine_are_kept(
    house: House,
) -> None:
    envelope = await house.send()
    token = await house.label(envelope)
    claims = [
        {"secret": secret(), "name": f"司机{number}", "digits": "4821"} for number in range(10)
    ]
    told = [house.receipt(claim=house.claim_of(**claim)) for claim in claims]
    answers = await asyncio.gather(*(house.put(token, each) for each in told))
    assert [status for status, _ in answers] == [200] * 10
    endings = sorted((told["ending"], told.get("reason", "")) for _, told in answers)
    assert endings == [*[("kept", "taken")] * 9, ("signed", "")]
    assert len(await house.said(envelope, Signed)) == 1
    assert len(await house.said(envelope, Claimed)) == 1


async def test_the_same_telephone_claims_again_where_the_answer_was_lost(house: House) -> None:
    token = await house.label(await house.send())
    assert await house.claim(token) == await house.claim(token) == (200, {"state": "checked"})


async def test_a_claim_that_was_left_lying_keeps_nobody_off_after_half_an_hour(
    house: House,
) -> None:
    envelope = await house.send()
    token = await house.label(envelope)
    await house.claim(token)
    house.clock.advance(minutes=29, seconds=59)
    assert (await house.claim(token, secret=OTHER_SECRET))[0] == 409
    house.clock.advance(seconds=1)
    assert (await house.claim(token, secret=OTHER_SECRET))[0] == 200
    # Who was first comes back: too late to sign, but what they say is kept.
    status, told = await house.put(token)
    assert (status, told["ending"], told["reason"]) == (200, "kept", "taken")


async def test_who_comes_back_late_and_finds_nobody_in_the_way_goes_on(house: House) -> None:
    token = await house.label(await house.send())
    await house.claim(token)
    house.clock.advance(hours=5)
    assert (await house.put(token))[1]["ending"] == "signed"


async def test_the_initiator_releases_a_claim(house: House) -> None:
    envelope = await house.send()
    token = await house.label(envelope)
    await house.claim(token)
    assert await house.release(envelope) == 204
    assert (await house.claim(token, secret=OTHER_SECRET))[0] == 200
    await house.put(token, house.receipt(claim=house.claim_of(secret=OTHER_SECRET)))
    assert await house.release(envelope) == 410


async def test_only_the_initiator_releases(house: House) -> None:
    envelope = await house.send()
    await house.label(envelope)
    assert await house.release(envelope, organisation="org-other") == 404


async def test_wrong_digits_and_too_many_tries_look_the_same(house: House) -> None:
    token = await house.label(await house.send())
    wrong = [await house.claim(token, digits="0000") for _ in range(5)]
    right_but_locked = await house.claim(token)
    answers = [*wrong, right_but_locked]
    assert {status for status, _ in answers} == {403}
    for _, told in answers:
        told.pop("trace")
    assert all(told == wrong[0][1] for _, told in answers)
    house.clock.advance(minutes=30)
    assert (await house.claim(token))[0] == 200


async def test_a_release_unlocks(house: House) -> None:
    envelope = await house.send()
    token = await house.label(envelope)
    for _ in range(5):
        await house.claim(token, digits="0000")
    await house.release(envelope)
    assert (await house.claim(token))[0] == 200


async def test_digits_cannot_be_guessed_with_receipts_either(house: House) -> None:
    envelope = await house.send()
    token = await house.label(envelope)
    for _ in range(5):
        told = house.receipt(claim=house.claim_of(digits="0000"))
        assert (await house.put(token, told))[0] == 403
    assert (await house.put(token))[0] == 403
    assert await house.said(envelope, Signed) == []


@pytest.mark.parametrize("name", ["", " ", "王" * 51, "王\n师傅"])
async def test_a_name_that_is_none_is_refused(house: House, name: str) -> None:
    token = await house.label(await house.send())
    status, told = await house.claim(token, name=name)
    assert (status, word(told)) == (422, "delivery-receipt-senseless")


async def test_a_code_counts_once_and_for_ten_minutes(house: House) -> None:
    token = await house.label(await house.send(tail=""))
    assert await house.claim(token, phone="13800004821") == (200, {"state": "held"})
    ((_, old),) = house.telephones.codes
    house.clock.advance(minutes=10)
    assert (await house.check(token, old))[0] == 403
    await house.claim(token, phone="13800004821")
    code = house.telephones.codes[-1][1]
    assert (await house.check(token, "000000" if code != "000000" else "111111"))[0] == 403
    assert await house.check(token, code) == (200, {"state": "checked"})
    assert (await house.check(token, code))[0] == 403


async def test_a_receipt_without_its_code_waits_for_it(house: House) -> None:
    envelope = await house.send(tail="")
    token = await house.label(envelope)
    one = str(uuid.uuid4())
    status, told = await house.put(token, id=one)
    assert (status, word(told)) == (403, "delivery-check-needed")
    await house.claim(token, phone="13800004821")
    await house.check(token, house.telephones.codes[-1][1])
    assert (await house.put(token, id=one))[1]["ending"] == "signed"
    (claimed,) = await house.said(envelope, Claimed)
    assert claimed == Claimed(name="王师傅", contact="****4821", method="code")


async def test_nobody_is_flooded_with_codes(house: House) -> None:
    token = await house.label(await house.send(tail=""))
    answers = [(await house.claim(token, phone="13800004821"))[0] for _ in range(6)]
    assert answers == [*[200] * 5, 403]
    assert len(house.telephones.codes) == 5


async def test_a_code_that_could_not_be_sent_is_told(house: House) -> None:
    token = await house.label(await house.send(tail=""))
    house.telephones.is_away = True
    status, told = await house.claim(token, phone="13800004821")
    assert (status, word(told)) == (503, "delivery-code-not-sent")
    house.telephones.is_away = False
    assert (await house.claim(token, phone="13800004821"))[0] == 200


async def test_a_code_vouches_for_no_number_but_the_one_that_it_was_sent_to(house: House) -> None:
    token = await house.label(await house.send(tail=""))
    for _ in range(5):
        assert (await house.claim(token, phone="13800000001"))[0] == 200
    # No sixth code is sent within the hour, so no other number takes the place of the first.
    assert (await house.claim(token, phone="13999999999"))[0] == 403
    assert (await house.check(token, house.telephones.codes[-1][1]))[0] == 200
    delivery = await house.room.links["bearer"].delivery(token)  # type: ignore[attr-defined]
    assert (delivery.method, delivery.contact) == ("code", "****0001")


async def test_digits_of_full_width_are_digits(house: House) -> None:
    token = await house.label(await house.send())
    assert (await house.claim(token, digits="４８２１"))[0] == 200


async def test_digits_that_are_none_are_wrong_and_no_defect(house: House) -> None:
    token = await house.label(await house.send())
    assert (await house.claim(token, digits="四八二一"))[0] == 403


async def test_a_long_chinese_name_signs(house: House) -> None:
    token = await house.label(await house.send())
    claim = house.claim_of(name="古丽娜尔·阿卜杜热合曼·买买提明·艾山江·吐尔逊")
    status, told = await house.put(token, house.receipt(claim=claim))
    assert (status, told.get("ending")) == (200, "signed"), told
