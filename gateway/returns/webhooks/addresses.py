"""Where webhooks may go: anywhere but where a cloud tells a machine its own secrets.

Targets are IT's own configuration, and most are inside; so private addresses are fine. Link-local
ones are not: whoever controls a name could have the gateway talk to 169.254.169.254. Looked at once
the name is resolved, and what was looked at is what is connected to.
"""

import ipaddress
import socket
from typing import Final

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

_METADATA: Final = frozenset(
    ipaddress.ip_address(each) for each in ("fd00:ec2::254", "100.100.100.200", "192.0.0.192")
)
"""Services of clouds that are not at link-local addresses (AWS over IPv6, Alibaba, Oracle)."""


class AddressRefusedError(OSError):
    """The name leads to an address that webhooks may not go to."""


def is_refused(address: str) -> bool:
    """Whether webhooks may not go to this address; False for what is no address."""
    try:
        # A zone ("%eth0") makes it no other address.
        parsed = ipaddress.ip_address(address.partition("%")[0].strip("[]"))
    except ValueError:
        return False
    plain = getattr(parsed, "ipv4_mapped", None) or parsed
    return (
        plain.is_link_local
        or plain.is_multicast
        or plain.is_unspecified
        or plain == ipaddress.ip_address("255.255.255.255")
        or plain in _METADATA
    )


class GuardedResolver(AbstractResolver):
    """The system's resolver, without addresses that are refused."""

    def __init__(self) -> None:
        self._resolver = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """See `AbstractResolver`.

        Raises:
            AddressRefusedError: every address of the host is refused.
            OSError: the host is not known.
        """
        found = await self._resolver.resolve(host, port, family)
        good = [each for each in found if not is_refused(each["host"])]
        if found and not good:
            raise AddressRefusedError(
                f"{host} is {found[0]['host']}, a link-local or metadata address: set "
                "`allowLinkLocal: true` in the webhook if that is meant"
            )
        return good

    async def close(self) -> None:
        """See `AbstractResolver`."""
        await self._resolver.close()
