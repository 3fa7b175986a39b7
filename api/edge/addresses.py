"""Where a request comes from, as strangers are counted.

Pure. Behind proxies the address is the one that `TRUSTED_PROXIES` vouch for.
"""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

from starlette.types import Scope

NOBODY = "unknown"
SITE_BITS = 64
"""Of an IPv6 address: whoever has one has all of its network."""


def address_of(scope: Scope) -> str:
    """The client's address; of IPv6 the network that one site has."""
    client = scope.get("client")
    if not client:
        return NOBODY
    try:
        address = ip_address(client[0])
    except ValueError:
        return NOBODY
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped) if mapped else str(ip_network((int(address), SITE_BITS), strict=False))
    return str(address)
