"""The address of the peer that sent a request, behind trusted proxies too."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.datastructures import Headers
from starlette.types import Scope

Networks = Sequence[IPv4Network | IPv6Network]

HEADER = "x-forwarded-for"
UNKNOWN = "unknown"
"""The peer of a server that does not know its address, such as behind a Unix socket: one for all requests."""
MAX_HOPS = 32
CACHED = 4096
"""Addresses whose parsing is remembered: it would take longer than all else that a request does with its key."""
MAX_ADDRESS = 64
"""Longest text that can be an address, so that the memory of the cache is bounded."""
IPV6_PREFIX = 64
"""A customer of a provider has at least so many bits of addresses: they count as one peer."""


def find_peer(scope: Scope, trusted: Networks) -> str:
    """The client's address; from a trusted proxy the last address of X-Forwarded-For that is not trusted itself.

    What stands before that address may be written by the client.
    """
    address = read_address(scope)
    if address is None:
        return UNKNOWN
    values = Headers(scope=scope).getlist(HEADER)
    if values and is_trusted(address, trusted):
        hops = ",".join(values).rsplit(",", MAX_HOPS)
        for hop in reversed(hops):
            text = hop.strip()
            forwarded = _parse(text) if len(text) <= MAX_ADDRESS else None
            if forwarded is None:
                break
            address = forwarded
            if not is_trusted(address, trusted):
                break
    return _group(address)


def read_address(scope: Scope) -> IPv4Address | IPv6Address | None:
    """The address at the other end of the connection; None if the server does not know it."""
    client = scope.get("client")
    return None if client is None else _parse(client[0])


def is_trusted(address: IPv4Address | IPv6Address, trusted: Networks) -> bool:
    """True for the address of a trusted proxy."""
    return any(address in network for network in trusted)


@lru_cache(maxsize=CACHED)
def _parse(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


@lru_cache(maxsize=CACHED)
def _group(address: IPv4Address | IPv6Address) -> str:
    if isinstance(address, IPv4Address) or address.is_loopback:
        return str(address)
    return str(ip_network((int(address), IPV6_PREFIX), strict=False))
