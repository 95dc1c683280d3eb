"""Whose line an address is of: what one house is given, and chooses within as it likes."""

import ipaddress
from typing import Final

_OF_A_HOUSE: Final = 64
"""Bits of an IPv6 address that a house is given, at the least; the rest it chooses."""


def line_of(address: str) -> str | None:
    """The IPv4 address, or the IPv6 network of a house; None: it is no address.

    An IPv4 address that is written as an IPv6 one (RFC 4291 §2.5.5.2) is told as what it is, and
    the zone of an address (`%eth0`) is left out.
    """
    try:
        given = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    if isinstance(given, ipaddress.IPv4Address):
        return str(given)
    if given.ipv4_mapped is not None:
        return str(given.ipv4_mapped)
    return str(ipaddress.ip_network((int(given), _OF_A_HOUSE), strict=False))
