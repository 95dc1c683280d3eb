"""What strangers bring is in memory while it comes: of one delivery, so much and no more."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.delivery_house import House, delivery_house

_HEAD = (
    b'--x\r\nContent-Disposition: form-data; name="photo"; filename="p"\r\n'
    b"Content-Type: image/jpeg\r\n\r\n"
)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with delivery_house(tmp_path) as house:
        yield house


class Slow:
    """A body that has begun to come, and comes on when the test says so."""

    def __init__(self) -> None:
        self.goes_on = asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield _HEAD + b"\xff" * 65536
        await self.goes_on.wait()
        yield b"\r\n--x--\r\n"


async def bring(house: House, token: str, number: int, body: Slow) -> int:
    address = f"{house.url}/d/{token}/receipts/00000000-0000-4000-8000-00000000000{number}"
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    while True:  # the question below may hold the second place when this one asks for it
        async with house.http.put(address, data=aiter(body), headers=kind) as answer:
            if answer.status != 503:
                return answer.status


async def test_two_of_a_delivery_are_read_at_once_and_a_third_comes_again(house: House) -> None:
    token, other = await house.label(await house.send()), await house.label(await house.send())
    bodies = [Slow(), Slow()]
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(bring(house, token, number, body))
            for number, body in enumerate(bodies)
        ]
        senseless = house.receipt(goods=())  # as long as it is read, it is refused as such
        async with asyncio.timeout(30):
            while (await house.put(token, senseless))[0] == 422:
                pass
        status, problem = await house.put(token)
        assert (status, problem["type"]) == (503, "urn:sealgate:problem:delivery-busy")
        assert (await house.put(other))[0] == 200  # nobody else is kept waiting by it
        for body in bodies:
            body.goes_on.set()
    assert [task.result() for task in tasks] == [400, 400]  # they had no receipt in them
    assert (await house.put(token))[0] == 200
