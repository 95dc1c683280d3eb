"""Guessing a status: so often a number, and so often from one address, whatever it asks for."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from cloud_bridge.network.deliveries.statuses import MOST_FROM_AN_ADDRESS
from cloud_bridge.network.http.askers import Askers
from tests.delivery_house import TAIL, WAYBILL, House, delivery_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with delivery_house(tmp_path) as house:
        await house.label(await house.send())
        yield house


async def is_told(house: House, waybill: str = WAYBILL, digits: str = TAIL) -> bool:
    """Whether the page says how far it is."""
    form = {"waybill": waybill, "digits": digits}
    async with house.http.post(f"{house.url}/status", data=form) as answer:
        page = await answer.text()
    assert ("待签收" in page) != ("没有查到" in page)
    return "待签收" in page


async def test_whoever_goes_through_numbers_is_told_nothing_any_more(house: House) -> None:
    assert await is_told(house)
    for number in range(MOST_FROM_AN_ADDRESS):
        assert not await is_told(house, waybill=f"SF-{number}")
    assert not await is_told(house)
    house.clock.at += timedelta(minutes=31)
    assert await is_told(house)


async def test_a_right_answer_between_does_not_begin_the_count_anew(house: House) -> None:
    for number in range(MOST_FROM_AN_ADDRESS):
        if number % 3 == 2:
            assert await is_told(house)
        assert not await is_told(house, waybill=f"SF-{number}")
    assert not await is_told(house)


async def test_errors_now_and_then_never_keep_an_address_off(house: House) -> None:
    for number in range(3 * MOST_FROM_AN_ADDRESS):
        assert not await is_told(house, waybill=f"SF-{number}")
        house.clock.at += timedelta(minutes=5)
    assert await is_told(house)


async def test_a_few_errors_of_one_address_keep_nobody_off(house: House) -> None:
    for number in range(MOST_FROM_AN_ADDRESS - 1):
        assert not await is_told(house, waybill=f"SF-{number}")
    assert await is_told(house)


@pytest.mark.parametrize(
    ("told", "address"),
    [
        (["203.0.113.7"], "203.0.113.7"),
        (["198.51.100.9, 203.0.113.7"], "203.0.113.7"),
        (["198.51.100.9", "203.0.113.7"], "203.0.113.7"),
        (["::ffff:203.0.113.7"], "203.0.113.7"),
        (["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::/64"),
        (["2001:db8:1:2:ffff::1"], "2001:db8:1:2::/64"),
        (["nobody"], None),
        ([], None),
    ],
)
def test_what_the_proxy_says_is_believed_and_what_stands_before_it_is_not(
    told: list[str], address: str | None
) -> None:
    headers = CIMultiDict([("X-Forwarded-For", each) for each in told])
    request = make_mocked_request("POST", "/status", headers=headers)
    asked = Askers(is_behind_proxy=True, header="X-Forwarded-For").address(request)
    assert asked == address


def test_behind_a_proxy_that_says_nothing_nobody_is_counted_for_all() -> None:
    headers = {"X-Forwarded-For": "203.0.113.7"}
    request = make_mocked_request("POST", "/status", headers=headers)
    assert Askers(is_behind_proxy=True, header=None).address(request) is None
