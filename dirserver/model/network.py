"""Networks, and whether a client is in one of them."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TypeAlias

Network: TypeAlias = IPv4Network | IPv6Network


def comes_from(address: str, networks: tuple[Network, ...]) -> bool:
    """Say whether a client at ``address`` is in one of ``networks``; in none if unreadable."""
    try:
        host = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(host, "ipv4_mapped", None)
    if mapped is not None:
        host = mapped
    return any(host.version == network.version and host in network for network in networks)


def parse_network(text: str) -> Network:
    """Return the network written ``text``. Raises ValueError."""
    return ip_network(text)
