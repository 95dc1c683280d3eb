"""Whoever opens connections and says little keeps none of them, and not more than there are."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest

from tests.network_house import NetworkHouse, network_house

_QUICK = {"idle_seconds": 0.3, "body_seconds": 0.3}
_LONG = 20.0


class Line:
    """A connection that a test writes to letter by letter."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def say(self, text: str) -> None:
        self._writer.write(text.replace("\n", "\r\n").encode())
        await self._writer.drain()

    async def is_closed(self) -> bool:
        """Whether the other side ends it, sooner or later."""
        try:
            async with asyncio.timeout(_LONG):
                await self._reader.read()
        except ConnectionError:
            return True
        except TimeoutError:
            return False
        return True


@asynccontextmanager
async def line_to(house: NetworkHouse) -> AsyncIterator[Line]:
    at = urlsplit(house.url)
    reader, writer = await asyncio.open_connection(at.hostname, at.port)
    try:
        yield Line(reader, writer)
    finally:
        writer.close()


async def answers(house: NetworkHouse) -> bool:
    try:
        async with house.http.get(f"{house.url}/v1/identity") as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


@pytest.mark.parametrize("said", ["", "GET /v1/identity HTTP/1.1\nHost: network\nX-Slow: "])
async def test_a_connection_without_a_whole_request_is_closed(tmp_path: Path, said: str) -> None:
    async with network_house(tmp_path, limits=_QUICK) as house, line_to(house) as line:
        await line.say(said)
        assert await line.is_closed()
        assert await answers(house)


@pytest.mark.parametrize("path", ["POST /status", "POST /s/token"])
async def test_a_body_that_does_not_come_is_not_waited_for(tmp_path: Path, path: str) -> None:
    async with network_house(tmp_path, limits=_QUICK) as house, line_to(house) as line:
        kind = "Content-Type: application/x-www-form-urlencoded"
        await line.say(f"{path} HTTP/1.1\nHost: network\n{kind}\nContent-Length: 100\n\nwaybill=")
        assert await line.is_closed()
        assert await answers(house)


async def test_there_are_only_so_many_and_a_place_that_is_left_is_taken(tmp_path: Path) -> None:
    async with network_house(tmp_path, limits={"connections": 3}) as house:
        async with line_to(house) as first, line_to(house), line_to(house):
            await first.say("GET /v1/identity HTTP/1.1\n")
            async with line_to(house) as fourth:
                assert await fourth.is_closed()
            assert not await answers(house)
        async with asyncio.timeout(_LONG):
            while not await answers(house):  # until it was seen that they are gone
                await asyncio.sleep(0)


async def test_whoever_waits_for_news_is_not_taken_for_idle(tmp_path: Path) -> None:
    async with network_house(tmp_path, limits=_QUICK) as house:
        buyer = await house.company("买方有限公司")
        assert (await buyer.feed(wait=1.0)).items == ()
