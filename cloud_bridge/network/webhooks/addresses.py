"""Where the network may be led to by those who register webhooks: never into its own house."""

import ipaddress
import socket
from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from cloud_bridge.network.problems import WebhookProblem

_LONGEST: Final = 2000
_NOT_PUBLIC: Final = tuple(
    map(
        ipaddress.IPv6Network,
        ("64:ff9b::/96", "64:ff9b:1::/48", "::/96", "::ffff:0:0:0/96", "fec0::/10"),
    )
)
"""IPv6 addresses behind which a network of its own choice puts IPv4 ones (RFC 6052, 8215, 4291,
2765), and those of a site (RFC 3879), which Python calls public."""


def refuse_address(url: str, *, private: bool) -> None:
    """WebhookProblem: the network may not call there.

    Args:
        url: where.
        private: whether http, and addresses within the house, are allowed.
    """
    try:
        # Read as the client will: `①②⑦.0.0.1` is a name to others, and this machine to it.
        parts = URL(url)
    except ValueError as error:
        raise WebhookProblem(f"the address is none: {error}") from error
    if len(url) > _LONGEST or not url.isprintable() or not parts.host or parts.user is not None:
        raise WebhookProblem(
            "the address is none, has a user's name or marks in it, or is very long"
        )
    if private:
        if parts.scheme not in {"http", "https"}:
            raise WebhookProblem("the address is not of http or https")
        return
    if parts.scheme != "https":
        raise WebhookProblem("the address is not of https")
    try:
        address = ipaddress.ip_address(parts.host)
    except ValueError:
        return  # a name: looked at when it is resolved
    if not _is_public(address):
        raise WebhookProblem(f"{address} is no public address")


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    mapped = getattr(address, "ipv4_mapped", None)  # ::ffff:127.0.0.1 is 127.0.0.1
    if mapped is not None:
        return _is_public(mapped)
    if any(address in each for each in _NOT_PUBLIC):
        return False
    return address.is_global and not address.is_multicast


class PublicAddresses(AbstractResolver):
    """Resolves names, and gives no address within the network's own house (SSRF)."""

    def __init__(self) -> None:
        self._resolver = aiohttp.DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """See aiohttp."""
        found = await self._resolver.resolve(host, port, family)
        public = [each for each in found if _is_public(ipaddress.ip_address(each["host"]))]
        if not public:
            raise OSError(None, f"{host} resolves to no public address")
        return public

    async def close(self) -> None:
        """See aiohttp."""
        await self._resolver.close()
