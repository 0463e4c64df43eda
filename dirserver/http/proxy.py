"""Who asks: the peer of the connection, or whom a trusted proxy says it asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dirserver.http.head import Fields, members
from dirserver.model.network import Address, Network, read_address


@dataclass(frozen=True, slots=True)
class Client:
    """The address that asks, whether its way here was encrypted, and what it called us.

    ``forwarded_host`` is None unless a trusted proxy said which host the client had named.
    """

    address: str
    secure: bool
    forwarded_host: bytes | None = None


def plain_address(text: str) -> str:
    """Return ``text`` as an address is usually written.

    A socket that serves both families names IPv4 peers ``::ffff:192.0.2.1``: that is one address
    with ``192.0.2.1``, and networks in the config must match it.
    """
    address = read_address(text)
    return text if address is None else str(address)


def _parse_hop(text: bytes) -> Address | None:
    """Return the address in a member of X-Forwarded-For; some proxies add a port to it."""
    hop = text.decode("latin-1")
    if hop.startswith("["):
        hop = hop[1:].partition("]")[0]
    elif hop.count(":") == 1:
        hop = hop.partition(":")[0]
    return read_address(hop)


def _is_trusted(address: Address, trusted: Sequence[Network]) -> bool:
    return any(address in network for network in trusted)


def resolve_client(peer: str, secure: bool, fields: Fields, trusted: Sequence[Network]) -> Client:
    """Return who asks.

    X-Forwarded-For is read from its end, since a client can send the field itself and proxies
    append to it: the right-most address that is not a trusted proxy is the client. What is no
    address ends the walk, and the proxy that reported it counts as the client.
    X-Forwarded-Proto counts as TLS only when every hop says https.
    """
    address = read_address(peer) if trusted else None
    if address is None or not _is_trusted(address, trusted):
        return Client(peer, secure)
    for hop in reversed(members(fields, b"x-forwarded-for")):
        found = _parse_hop(hop)
        if found is None:
            break
        address = found
        if not _is_trusted(found, trusted):
            break
    protocols = members(fields, b"x-forwarded-proto")
    if protocols:
        secure = all(protocol == b"https" for protocol in protocols)
    hosts = fields.get(b"x-forwarded-host")
    host = hosts[-1].rpartition(b",")[2].strip() if hosts else None
    return Client(str(address), secure, host)
