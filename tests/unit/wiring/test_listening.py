"""The port as the gateway opens it."""

import asyncio
import contextlib
import gzip
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import http_parser

from gateway.wiring.machine.listening import listen
from tests.signing_house import signing_house
from tests.unit.http.test_routes import api_of, with_powers

_AT_ANY_PORT: Any = SimpleNamespace(http=SimpleNamespace(host="127.0.0.1", port=0, tls=None))
_LONG = 20.0


async def test_what_is_sent_packed_is_refused_and_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unpacked: list[str] = []

    def noted(_self: object, _out: object, encoding: str, **_: object) -> None:
        unpacked.append(encoding)

    monkeypatch.setattr(http_parser.DeflateBuffer, "__init__", noted)
    async with signing_house(tmp_path) as house, contextlib.AsyncExitStack() as stack:
        url = await listen(api_of(house, with_powers(house), origin=None), _AT_ANY_PORT, stack)
        body, headers = gzip.compress(bytes(1_000_000)), {"Content-Encoding": "gzip"}
        async with (
            aiohttp.ClientSession() as stranger,
            stranger.post(f"{url}/v1/documents", data=body, headers=headers) as answer,
        ):
            assert 400 <= answer.status < 500
    assert not unpacked


@pytest.mark.parametrize("said", [b"", b"GET /healthz HTTP/1.1\r\nHost: gateway\r\nX-Slow: "])
async def test_a_connection_without_a_whole_request_is_closed(tmp_path: Path, said: bytes) -> None:
    async with signing_house(tmp_path) as house, contextlib.AsyncExitStack() as stack:
        api = api_of(house, with_powers(house), origin=None)
        at = urlsplit(await listen(api, _AT_ANY_PORT, stack, idle_seconds=0.2))
        reader, writer = await asyncio.open_connection(at.hostname, at.port)
        writer.write(said)
        async with asyncio.timeout(_LONG):
            assert await reader.read() == b""
        writer.close()
