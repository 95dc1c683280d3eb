"""Whoever opens connections and says little keeps none of them, and not more than there are.

On both loops: tests run on asyncio's own, the network on uvloop.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
import uvloop
from structlog.testing import capture_logs

from tests.network_house import NetworkHouse, network_house
from tests.servers.certificates import server_certificate

_QUICK = {"idle_seconds": 0.3, "body_seconds": 0.3}
_LONG = 20.0

Run = Callable[[Coroutine[Any, Any, None]], None]


@pytest.fixture(params=[asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    made: Run = request.param
    return made


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
async def line_to(house: NetworkHouse, *, by: str = "127.0.0.1") -> AsyncIterator[Line]:
    """A connection without a word, from an address of this machine."""
    at = urlsplit(house.url)
    reader, writer = await asyncio.open_connection(at.hostname, at.port, local_addr=(by, 0))
    try:
        yield Line(reader, writer)
    finally:
        writer.close()


async def is_turned_away(house: NetworkHouse, *, by: str = "127.0.0.1") -> bool:
    """Whether a connection is closed, at once or before it was even known to be there."""
    try:
        async with line_to(house, by=by) as line:
            return await line.is_closed()
    except ConnectionError:
        return True


async def answers(house: NetworkHouse, tls: ssl.SSLContext | bool = True) -> bool:  # noqa: FBT001, FBT002 - as aiohttp has it
    # A connection of its own: one that was kept is in already.
    async with aiohttp.ClientSession() as http:
        try:
            async with http.get(f"{house.url}/v1/identity", ssl=tls) as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False


async def answers_at_last(house: NetworkHouse, tls: ssl.SSLContext | bool = True) -> None:  # noqa: FBT001, FBT002 - as above
    """Whoever has gone is seen to have gone, sooner or later."""
    async with asyncio.timeout(_LONG):
        while not await answers(house, tls):
            await asyncio.sleep(0)


def over_tls(directory: Path) -> tuple[dict[str, Any], ssl.SSLContext]:
    """A server's configuration, and how its clients find it to be itself."""
    made = server_certificate(directory)
    files = {"certificate": made.certificate, "key": made.key, "client_ca": made.ca}
    return {"port": 0, "tls": files}, ssl.create_default_context(cafile=made.ca)


@pytest.mark.parametrize("said", ["", "GET /v1/identity HTTP/1.1\nHost: network\nX-Slow: "])
def test_a_connection_without_a_whole_request_is_closed(
    tmp_path: Path, run: Run, said: str
) -> None:
    async def scene() -> None:
        async with network_house(tmp_path, limits=_QUICK) as house, line_to(house) as line:
            await line.say(said)
            assert await line.is_closed()
            assert await answers(house)

    run(scene())


@pytest.mark.parametrize("path", ["POST /status", "POST /s/token"])
def test_a_body_that_does_not_come_is_not_waited_for(tmp_path: Path, run: Run, path: str) -> None:
    async def scene() -> None:
        async with network_house(tmp_path, limits=_QUICK) as house, line_to(house) as line:
            kind = "Content-Type: application/x-www-form-urlencoded"
            await line.say(
                f"{path} HTTP/1.1\nHost: network\n{kind}\nContent-Length: 100\n\nwaybill="
            )
            assert await line.is_closed()
            assert await answers(house)

    run(scene())


def test_there_are_only_so_many_and_a_place_that_is_left_is_taken(tmp_path: Path, run: Run) -> None:
    async def scene() -> None:
        async with network_house(tmp_path, limits={"connections": 3}) as house:
            async with line_to(house) as first, line_to(house), line_to(house):
                await first.say("GET /v1/identity HTTP/1.1\n")
                assert await is_turned_away(house)
                assert not await answers(house)
            await answers_at_last(house)

    run(scene())


def test_whoever_has_not_ended_its_tls_handshake_has_a_place_like_all_others(
    tmp_path: Path, run: Run
) -> None:
    async def scene() -> None:
        server, tls = over_tls(tmp_path)
        async with network_house(tmp_path, server=server, limits={"connections": 3}) as house:
            async with AsyncExitStack() as stack:
                for _ in range(3):
                    await stack.enter_async_context(line_to(house))
                assert await is_turned_away(house)
                assert not await answers(house, tls)
            await answers_at_last(house, tls)

    run(scene())


@pytest.mark.parametrize("said", ["", "GET / HTTP/1.1\n"], ids=["nothing", "no TLS"])
def test_a_tls_handshake_that_does_not_come_is_not_waited_for(
    tmp_path: Path, run: Run, said: str
) -> None:
    async def scene() -> None:
        server, tls = over_tls(tmp_path)
        limits = {"connections": 1, "handshake_seconds": 0.3}
        async with network_house(tmp_path, server=server, limits=limits) as house:
            async with line_to(house) as line:
                await line.say(said)
                assert await line.is_closed()
            await answers_at_last(house, tls)

    run(scene())


def test_one_address_has_no_more_than_its_share(tmp_path: Path, run: Run) -> None:
    async def scene() -> None:
        limits = {"connections_per_address": 2}
        async with network_house(tmp_path, limits=limits) as house:
            with capture_logs() as logs:
                async with line_to(house, by="127.0.0.2"), line_to(house, by="127.0.0.2"):
                    for _ in range(2):
                        assert await is_turned_away(house, by="127.0.0.2")
                    assert await answers(house)  # from 127.0.0.1
        told = [each for each in logs if each["event"] == "connections_of_address_full"]
        assert [each["address"] for each in told] == ["127.0.0.2"]

    run(scene())


def test_behind_a_proxy_all_come_from_one_address(tmp_path: Path, run: Run) -> None:
    async def scene() -> None:
        limits = {"connections": 3, "connections_per_address": None}
        async with (
            network_house(tmp_path, limits=limits) as house,
            line_to(house),
            line_to(house),
        ):
            assert await answers(house)

    run(scene())


def test_an_end_cuts_off_whoever_is_in_its_handshake(tmp_path: Path, run: Run) -> None:
    async def scene() -> None:
        server, _ = over_tls(tmp_path)
        async with AsyncExitStack() as lines:
            async with network_house(tmp_path, server=server) as house:
                begun = await lines.enter_async_context(line_to(house))
                silent = await lines.enter_async_context(line_to(house))
                await begun.say("\x16\x03\x01")
            assert await begun.is_closed()
            assert await silent.is_closed()

    run(scene())


def test_whoever_waits_for_news_is_not_taken_for_idle(tmp_path: Path, run: Run) -> None:
    async def scene() -> None:
        async with network_house(tmp_path, limits=_QUICK) as house:
            buyer = await house.company("买方有限公司")
            assert (await buyer.feed(wait=1.0)).items == ()

    run(scene())
