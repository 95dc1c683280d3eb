"""From which address somebody asks a page, as far as that can be known."""

import ipaddress
from typing import Final

from aiohttp import web

_OF_A_HOUSE: Final = 64
"""Bits of an IPv6 address that a house is given: what is behind them it chooses as it likes."""


class Askers:
    """Tells addresses.

    Args:
        is_behind_proxy: whether a proxy stands in front, whose address all would have.
        header: in which the proxy says who asked it; None: in none that can be believed.
    """

    def __init__(self, *, is_behind_proxy: bool, header: str | None) -> None:
        self._is_behind_proxy = is_behind_proxy
        self._header = header

    def address(self, request: web.Request) -> str | None:
        """The address, of IPv6 the house's part; None: it is not known.

        Of several in the header the last is the one that our own proxy wrote: what stands before it
        anybody can send.
        """
        if self._header is not None:
            told = ",".join(request.headers.getall(self._header, ())).rpartition(",")[2].strip()
            return _told(told)
        return None if self._is_behind_proxy else _told(request.remote or "")


def _told(text: str) -> str | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address), _OF_A_HOUSE), strict=False))
