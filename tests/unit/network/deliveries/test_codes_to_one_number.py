"""Whoever has many labels has nobody's telephone ring without end."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cloud_bridge.network.deliveries import codes
from tests.delivery_house import House, delivery_house

NUMBER = "13800138000"
WRONG = "urn:sealgate:problem:delivery-check-failed"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with delivery_house(tmp_path) as house:
        yield house


async def a_label(house: House) -> str:
    return await house.label(await house.send(tail="", level="contact"))


async def test_a_number_is_sent_only_so_many_codes_by_whatever_labels(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codes, "MOST_TO_A_NUMBER", 2)
    labels = [await a_label(house) for _ in range(3)]
    for label, number in zip(labels, (NUMBER, f"+86 {NUMBER}"), strict=False):
        assert (await house.claim(label, phone=number, digits=""))[0] == 200

    status, problem = await house.claim(labels[2], phone=NUMBER, digits="")

    assert (status, problem["type"]) == (403, WRONG)
    assert [to for to, _ in house.telephones.codes] == [NUMBER, NUMBER]
    # Nobody holds the goods now, and other numbers are sent theirs.
    assert (await house.claim(labels[2], phone="13900139000", digits=""))[0] == 200
    house.clock.advance(hours=1)
    assert (await house.claim(await a_label(house), phone=NUMBER, digits=""))[0] == 200
