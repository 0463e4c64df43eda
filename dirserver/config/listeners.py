"""The addresses that the server listens on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address

from dirserver.config.domains import is_domain
from dirserver.config.faults import Refused
from dirserver.config.values import string

_HOST_AND_PORT = re.compile(
    r"(?:\[(?P<bracketed>[^\[\]]*)\]|(?P<plain>[^:\[\]]*)):(?P<port>[0-9]{1,5})"
)
_LAST_PORT = 65535
WILDCARDS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - what an admin may write, not what we open


@dataclass(frozen=True, slots=True)
class Listener:
    """A host and a TCP port. Port 0 stands for any free port, chosen when it is opened."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_local(self) -> bool:
        """Whether only clients on this machine get there."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def overlaps(self, other: Listener) -> bool:
        """Say whether the two cannot be open at the same time.

        The IPv6 wildcard leaves IPv4 alone, as with IPV6_V6ONLY (RFC 3493 section 5.3), and the
        name of a host stands for an IPv4 address.
        """
        if self.port != other.port or self.port == 0:
            return False
        ours, theirs = _address(self.host), _address(other.host)
        same_family = (":" in ours) == (":" in theirs)
        return ours == theirs or (same_family and not WILDCARDS.isdisjoint({ours, theirs}))


def listener(value: object) -> Listener:
    """Read a host and a port; an IPv6 address stands in brackets (RFC 3986 section 3.2.2)."""
    match = _HOST_AND_PORT.fullmatch(string(value))
    host = _host(match) if match else None
    if match is None or host is None:
        raise Refused('expected a host and a port, such as "127.0.0.1:5232" or "[::1]:5232"')
    port = int(match["port"])
    if port > _LAST_PORT:
        raise Refused(f"expected a port from 1 to {_LAST_PORT}, or 0 for any free one")
    return Listener(host, port)


def _host(match: re.Match[str]) -> str | None:
    """Return the host in its usual spelling, or None when it is no host."""
    bracketed = match["bracketed"]
    name: str = (match["plain"] if bracketed is None else bracketed).lower()
    try:
        address = ip_address(name)
    except ValueError:
        return name if bracketed is None and is_domain(name) else None
    return str(address) if (address.version == 6) == (bracketed is not None) else None


def _address(host: str) -> str:
    return "127.0.0.1" if host == "localhost" else host
