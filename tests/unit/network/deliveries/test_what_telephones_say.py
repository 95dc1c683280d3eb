"""What a stranger's telephone may say: names that people see, moments that there are, once each."""

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cloud_bridge.envelopes.statements import Claimed, Signed
from tests.delivery_house import TAIL, House, delivery_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with delivery_house(tmp_path) as house:
        yield house


SENSELESS = (422, "urn:sealgate:problem:delivery-receipt-senseless")


@pytest.mark.parametrize(
    "moment",
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "1969-12-31T23:59:59+00:00"],
)
@pytest.mark.parametrize("which", ["acted_at", "opened_at"])
async def test_a_moment_that_no_reader_could_tell_is_refused(
    house: House, moment: str, which: str
) -> None:
    token = await house.label(await house.send())
    told = house.receipt(**{which: datetime.fromisoformat(moment)})
    status, problem = await house.put(token, told)
    assert (status, problem["type"]) == SENSELESS
    assert "clock" in str(problem["detail"])


async def test_a_clock_that_begins_anew_is_taken_and_told_as_it_is(house: House) -> None:
    envelope = await house.send()
    begun = datetime(1970, 1, 1, 0, 5, tzinfo=UTC)
    told = house.receipt(acted_at=begun, opened_at=begun - timedelta(minutes=2))
    assert (await house.put(await house.label(envelope), told))[0] == 200
    (signed,) = await house.said(envelope, Signed)
    assert isinstance(signed, Signed)
    assert (signed.acted_at, signed.late) == (begun, True)


@pytest.mark.parametrize("name", ["\u3164\u3164", "\u2800", "王\u202e师傅"])
async def test_a_name_of_characters_that_nobody_sees_claims_nothing(
    house: House, name: str
) -> None:
    token = await house.label(await house.send())
    status, problem = await house.claim(token, name=name)
    assert (status, problem["type"]) == SENSELESS
    status, problem = await house.put(token, house.receipt(claim=house.claim_of(name=name)))
    assert (status, problem["type"]) == SENSELESS


async def test_a_name_that_was_corrected_before_the_code_is_the_one_that_signs(
    house: House,
) -> None:
    envelope = await house.send(tail="", level="contact")
    token = await house.label(envelope)
    number = "13800138000"
    for name in ("王师", "王师傅"):
        assert (await house.claim(token, name=name, phone=number, digits=""))[0] == 200
    assert (await house.check(token, house.telephones.codes[-1][1]))[0] == 200
    assert (await house.put(token))[0] == 200
    (claimed,) = await house.said(envelope, Claimed)
    assert isinstance(claimed, Claimed)
    assert claimed.name == "王师傅"


async def test_a_receipt_that_had_to_wait_after_all_is_late_by_whatever_clock(
    house: House,
) -> None:
    envelope = await house.send()
    token, name = await house.label(envelope), str(uuid.uuid4())
    # Its clock is ahead: by that, it was pressed an hour from now.
    ahead = house.clock.now() + timedelta(hours=1)
    told = {"acted_at": ahead, "opened_at": ahead - timedelta(minutes=1)}
    wrong = house.receipt(claim=house.claim_of(digits="0000"), **told)
    assert (await house.put(token, wrong, id=name))[0] == 403
    status, outcome = await house.put(token, house.receipt(queued=True, **told), id=name)
    assert (status, outcome["late"]) == (200, True)


async def test_the_same_receipt_is_the_same_whether_or_not_it_waited(house: House) -> None:
    token, name = await house.label(await house.send()), str(uuid.uuid4())
    first = await house.put(token, id=name)
    assert first[0] == 200
    # The answer was lost, so the telephone takes it for one that waits.
    assert await house.put(token, house.receipt(queued=True), id=name) == first
    assert (await house.put(token, house.receipt(remark="another"), id=name))[0] == 409
    assert TAIL not in str(first)


async def test_a_clock_that_was_set_back_between_has_read_for_no_time(house: House) -> None:
    envelope = await house.send()
    back = house.clock.now() - timedelta(hours=1)
    told = house.receipt(acted_at=back, opened_at=house.clock.now())
    assert (await house.put(await house.label(envelope), told))[0] == 200
    (signed,) = await house.said(envelope, Signed)
    assert isinstance(signed, Signed)
    assert signed.read_seconds == 0
    token = await house.label(await house.send(reading_seconds=1))
    status, problem = await house.put(token, told)
    assert (status, problem["reason"]) == (422, "reading")
