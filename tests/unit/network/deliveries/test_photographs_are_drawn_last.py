"""Drawing photographs anew costs a process and seconds: nobody has it done who was not checked."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cloud_bridge.network.deliveries.photos import darkroom
from tests.delivery_house import OTHER_SECRET, House, delivery_house, photo

NO_PHOTO = b"GIF89a of a stranger"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with delivery_house(tmp_path) as house:
        yield house


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many bytes each child was given that read photographs."""
    given: list[int] = []
    ask = darkroom.ask_child

    async def counted(module: str, question: bytes, **bounds: object) -> tuple[bytes, int]:
        given.append(len(question))
        return await ask(module, question, **bounds)  # type: ignore[arg-type]

    monkeypatch.setattr(darkroom, "ask_child", counted)
    return given


async def test_no_photograph_is_drawn_for_whoever_tells_wrong_digits(
    house: House, children: list[int]
) -> None:
    token = await house.label(await house.send())
    wrong = house.receipt(claim=house.claim_of(digits="0000"))
    for _ in range(7):  # more than are borne
        status, told = await house.put(token, wrong, photos=(photo(),))
        assert (status, told["type"]) == (403, "urn:sealgate:problem:delivery-check-failed")
    assert children == []


async def test_no_photograph_is_drawn_of_a_receipt_that_makes_no_sense(
    house: House, children: list[int]
) -> None:
    token = await house.label(await house.send())
    status, _ = await house.put(token, house.receipt(goods=()), photos=(photo(),))
    assert status == 422
    assert children == []


async def test_none_is_drawn_for_a_second_claimant_with_wrong_digits(
    house: House, children: list[int]
) -> None:
    token = await house.label(await house.send())
    status, _ = await house.claim(token)
    assert status == 200
    other = house.claim_of(secret=OTHER_SECRET, digits="1111")
    status, told = await house.put(token, house.receipt(claim=other), photos=(photo(),))
    assert (status, told["type"]) == (403, "urn:sealgate:problem:delivery-check-failed")
    assert children == []


async def test_whoever_was_checked_has_them_drawn_and_signs(
    house: House, children: list[int]
) -> None:
    envelope = await house.send()
    status, told = await house.put(await house.label(envelope), photos=(photo(),))
    assert (status, told["ending"]) == (200, "signed")
    assert len(children) == 1


async def test_after_five_times_photographs_that_are_none_are_not_even_read(
    house: House, children: list[int]
) -> None:
    token = await house.label(await house.send())
    for _ in range(7):
        status, told = await house.put(token, photos=(NO_PHOTO,))
        assert (status, told["type"]) == (422, "urn:sealgate:problem:delivery-photo-refused")
    assert len(children) == 5
    assert "without photos" in str(told["detail"])
    # The goods need not wait: what was told counts without them.
    status, told = await house.put(token)
    assert (status, told["ending"]) == (200, "signed")


async def test_half_an_hour_later_photographs_are_read_again(
    house: House, children: list[int]
) -> None:
    token = await house.label(await house.send())
    for _ in range(6):
        await house.put(token, photos=(NO_PHOTO,))
    house.clock.advance(minutes=31)
    status, told = await house.put(token, photos=(photo(),))
    assert (status, told["ending"]) == (200, "signed")
    assert len(children) == 6
