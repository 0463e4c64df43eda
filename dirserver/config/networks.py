"""Networks, listeners and where passwords may come from without TLS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_network

from dirserver.config.faults import Refused, kind_of, listing, shown
from dirserver.config.values import string
from dirserver.model.network import Network, read_address


@dataclass(frozen=True, slots=True)
class Networks:
    """A set of networks; ``address in networks`` asks whether a client is in one of them."""

    members: tuple[Network, ...] = ()

    def __contains__(self, address: str) -> bool:
        return self.closest(address) is not None

    def __iter__(self) -> Iterator[Network]:
        return iter(self.members)

    def closest(self, address: str) -> Network | None:
        """Return the smallest of the networks that ``address`` is in.

        What is not an address, such as the name of a Unix socket, is in no network.
        """
        host = read_address(address)
        around = [network for network in self.members if host is not None and host in network]
        return max(around, key=lambda network: network.prefixlen, default=None)


LOOPBACK = Networks((ip_network("127.0.0.0/8"), ip_network("::1/128")))
ANYWHERE = Networks((ip_network("0.0.0.0/0"), ip_network("::/0")))


@dataclass(frozen=True, slots=True)
class PlaintextPolicy:
    """From which networks a password is taken on a connection without TLS."""

    networks: Networks

    def allows(self, address: str) -> bool:
        """Say whether the client at ``address`` may send its password in clear text."""
        return address in self.networks

    @property
    def is_local(self) -> bool:
        """Whether it is taken from nowhere but this machine."""
        return all(network.is_loopback for network in self.networks)


NEVER = PlaintextPolicy(Networks())
FROM_LOOPBACK = PlaintextPolicy(LOOPBACK)
ALWAYS = PlaintextPolicy(ANYWHERE)
_POLICIES = {"never": NEVER, "loopback": FROM_LOOPBACK, "always": ALWAYS}


def network(value: object) -> Network:
    """Read a network in CIDR notation (RFC 4632 section 3.1), or a single address."""
    read = string(value)
    try:
        return ip_network(read)
    except ValueError:
        pass
    try:
        meant = ip_network(read, strict=False)
    except ValueError:
        raise Refused('expected a network such as "10.20.0.0/16", or an address') from None
    raise Refused(f"the network of this address is {shown(str(meant))}; write that")


def at_least_one(networks: tuple[Network, ...]) -> tuple[Network, ...]:
    """Refuse a list without networks: it could be meant for all of them as well as for none."""
    if not networks:
        raise Refused("expected at least one network")
    return networks


def some_networks(networks: tuple[Network, ...]) -> Networks:
    """Make a set of networks that is not empty."""
    return Networks(at_least_one(networks))


def plaintext_policy(value: object) -> PlaintextPolicy:
    """Read one of the words for a policy, or a list of networks."""
    words = listing(map(shown, _POLICIES), "and")
    if isinstance(value, str) and value in _POLICIES:
        return _POLICIES[value]
    if not isinstance(value, list):
        found = "" if isinstance(value, str) else f"; found {kind_of(value)}"
        raise Refused(f"expected one of {words}, or a list of networks{found}")
    networks = []
    for each in value:
        try:
            networks.append(network(each))
        except Refused as refused:
            raise Refused(f"{shown(each)}: {refused}") from None
    return PlaintextPolicy(Networks(tuple(networks)))
