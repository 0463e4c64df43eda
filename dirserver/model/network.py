"""Networks, and whether a client is in one of them."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network


# The same clients ask again and again.
@lru_cache(maxsize=256)
def read_address(text: str) -> Address | None:
    """Return the address written ``text``; None for what is none, as the name of a Unix socket.

    A socket that serves both families names an IPv4 client by an IPv6 address (RFC 4291 section
    2.5.5.2), which counts as the one that it stands for.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def comes_from(address: str, networks: tuple[Network, ...]) -> bool:
    """Say whether a client at ``address`` is in one of ``networks``; in none if unreadable."""
    host = read_address(address)
    return host is not None and any(host in network for network in networks)


def parse_network(text: str) -> Network:
    """Return the network written ``text``. Raises ValueError."""
    return ip_network(text)
