"""At which addresses of the machine the network listens."""

import asyncio
import errno
import os
import socket
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from cloud_bridge.network.listening.connections import listen
from cloud_bridge.network.listening.places import Places

_LONG = 20.0


async def listening(host: str, stack: AsyncExitStack) -> int:
    return await listen(
        web.Application(),
        stack,
        host=host,
        port=0,
        tls=None,
        places=Places(10, of_an_address=None),
        idle_seconds=_LONG,
        handshake_seconds=_LONG,
    )


def _named(*addresses: tuple[socket.AddressFamily, tuple[Any, ...]]) -> Callable[..., Any]:
    """A resolver that knows these for whatever is asked."""
    return lambda *_, **__: [
        (family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", address)
        for family, address in addresses
    ]


_IPV6, _IPV4 = (socket.AF_INET6, ("::1", 0, 0, 0)), (socket.AF_INET, ("127.0.0.1", 0))


def _without_ipv6(monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    """As on a kernel that was built without it, or on one where it is switched off."""

    class Without(socket.socket):
        def __init__(
            self,
            family: int = -1,
            type: int = -1,  # noqa: A002 - the socket's own word
            proto: int = -1,
            fileno: int | None = None,
        ) -> None:
            if family == socket.AF_INET6:
                if when == "made":
                    raise OSError(errno.EAFNOSUPPORT, os.strerror(errno.EAFNOSUPPORT))
                family = socket.AF_INET  # so that it can be made on whichever machine this is
            super().__init__(family, type, proto, fileno)

        def setsockopt(self, level: int, option: int, value: int) -> None:  # type: ignore[override]
            if level != socket.IPPROTO_IPV6:
                super().setsockopt(level, option, value)

        def bind(self, address: Any) -> None:  # noqa: ANN401 - as the socket's own
            if ":" in address[0]:
                raise OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))
            super().bind(address)

    monkeypatch.setattr(socket, "socket", Without)


@pytest.mark.parametrize("when", ["made", "bound"])
async def test_a_machine_without_ipv6_listens_where_it_can(
    monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _named(_IPV6, _IPV4))
    _without_ipv6(monkeypatch, when)
    async with AsyncExitStack() as stack:
        with capture_logs() as logs:
            port = await listening("localhost", stack)
        assert [each["address"] for each in logs if each["event"] == "address_left_out"] == ["::1"]
        _, writer = await asyncio.open_connection("127.0.0.1", port, family=socket.AF_INET)
        writer.close()


@pytest.mark.parametrize("when", ["made", "bound"])
async def test_where_no_address_is_left_it_says_so(
    monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _named(_IPV6))
    _without_ipv6(monkeypatch, when)
    async with AsyncExitStack() as stack:
        with pytest.raises(OSError, match="no address of localhost is one of this machine"):
            await listening("localhost", stack)


async def test_an_address_of_ipv4_that_is_not_of_this_machine_is_not_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    elsewhere = (socket.AF_INET, ("192.0.2.1", 0))
    monkeypatch.setattr(socket, "getaddrinfo", _named(_IPV4, elsewhere))
    async with AsyncExitStack() as stack:
        with pytest.raises(OSError, match=r"192\.0\.2\.1:\d+: "):
            await listening("localhost", stack)


async def test_no_host_is_every_address() -> None:
    async with AsyncExitStack() as stack:
        port = await listening("", stack)
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()
