"""Where the network may be led to by those who register webhooks: never into its own house."""

import ipaddress
import socket
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from cloud_bridge.network.problems import WebhookProblem


def refuse_address(url: str, *, private: bool) -> None:
    """WebhookProblem: the network may not call there.

    Args:
        url: where.
        private: whether http, and addresses within the house, are allowed.
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise WebhookProblem(f"the address is none: {error}") from error
    if len(url) > 2000 or not parts.hostname or parts.username is not None:  # noqa: PLR2004
        raise WebhookProblem("the address is none, has a user's name in it, or is very long")
    if private:
        if parts.scheme not in {"http", "https"}:
            raise WebhookProblem("the address is not of http or https")
        return
    if parts.scheme != "https":
        raise WebhookProblem("the address is not of https")
    try:
        address = ipaddress.ip_address(parts.hostname)
    except ValueError:
        return  # a name: looked at when it is resolved
    if not _is_public(address):
        raise WebhookProblem(f"{address} is no public address")


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    mapped = getattr(address, "ipv4_mapped", None)  # ::ffff:127.0.0.1 is 127.0.0.1
    return _is_public(mapped) if mapped else address.is_global and not address.is_multicast


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
