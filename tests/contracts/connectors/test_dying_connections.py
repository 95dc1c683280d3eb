"""Nothing is lost and nothing arrives twice, wherever the connection dies."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from connectors.errors import ConnectorAwayError
from connectors.interfaces import Connector
from connectors.model import Delivery, Fetched
from tests.contracts.network_places import Behind
from tests.contracts.network_servers import network_place

DOCUMENTS = {f"{name}.pdf": name.encode() * 40_000 for name in "abcdef"}
CUTS = int(os.environ.get("SEALGATE_CONNECTION_CUTS", "3"))
MOST_TRIES = 40
"""Of one errand; each try may meet the cut, and a broker needs a moment to notice it."""


@pytest.fixture(params=["amqp", "postgresql", "mariadb", "http", "s3"])
async def places(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator["Places"]:
    async with AsyncExitStack() as stack:
        yield Places(request.param, request, tmp_path, stack)


class Places:
    """New places of one kind."""

    def __init__(
        self, kind: str, request: pytest.FixtureRequest, directory: Path, stack: AsyncExitStack
    ) -> None:
        self._kind, self._request, self._directory, self._stack = kind, request, directory, stack

    async def new(self) -> "Behind":
        place = network_place(self._kind, self._request, self._directory)
        return await self._stack.enter_async_context(place)


class House:
    """What a gateway does with a connector, and remembers: it knows a document by its id."""

    def __init__(self, place: Behind) -> None:
        self.place = place
        self.durable: dict[str, Fetched] = {}

    async def work(self, connector: Connector) -> None:
        """Take everything, and deliver an answer to each."""
        while len(self.durable) < len(DOCUMENTS):
            try:
                page = await connector.fetch(None, most=4)
                self.durable |= {one.id: one for one in page.items}
                await connector.acknowledge(page.items)
            except ConnectorAwayError:
                continue
        for one in self.durable.values():
            await self._delivered(connector, one)

    async def _delivered(self, connector: Connector, one: Fetched) -> None:
        delivery = Delivery(
            id=f"answer-{one.name}",
            kind="sealed",
            name=one.name,
            content=one.content + b" sealed",
            result={"name": one.name},
            fetched=one.id,
        )
        for _ in range(MOST_TRIES):
            try:
                return await connector.deliver(delivery)
            except ConnectorAwayError:
                continue
        raise AssertionError(f"{delivery.id} is not delivered in {MOST_TRIES} tries")


async def run(places: Places, cut_at: int | None) -> int:
    """Work through a place whose connection dies after so many bytes; how many passed in all."""
    place = await places.new()
    for name, content in DOCUMENTS.items():
        await place.put(name, content)
    place.proxy.cut_at = cut_at
    house = House(place)
    async with place.connector() as connector:
        await house.work(connector)
    assert place.proxy.cut_at is None
    assert {one.name: one.content for one in house.durable.values()} == DOCUMENTS
    arrived = await place.arrived()
    assert {each.result["name"]: each.content for each in arrived} == {
        name: content + b" sealed" for name, content in DOCUMENTS.items()
    }
    assert len(arrived) == len(DOCUMENTS)
    async with place.connector() as after_a_crash:
        assert (await after_a_crash.fetch(None, most=9)).items == ()
    return place.proxy.passed


async def test_nothing_is_lost_and_nothing_arrives_twice_wherever_the_connection_dies(
    places: Places,
) -> None:
    most = await run(places, None) * 19 // 20  # no two runs have the same number of bytes
    for number in range(CUTS):
        await run(places, most * (2 * number + 1) // (2 * CUTS))


async def test_a_network_that_swallows_everything_is_noticed_in_time(places: Places) -> None:
    place = await places.new()
    place.seconds = 2.0
    async with place.connector() as connector:
        assert (await connector.fetch(None, most=9)).items == ()
        place.proxy.swallow = True
        async with asyncio.timeout(20):
            with pytest.raises(ConnectorAwayError):
                await connector.fetch(None, most=9)
        place.proxy.swallow = False
        place.proxy.cut()
        await place.put("a.pdf", b"one")
        while not (page := await connector.fetch(None, most=9)).items:
            pass
    assert [item.content for item in page.items] == [b"one"]
