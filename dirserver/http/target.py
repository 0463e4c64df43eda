"""What a request is about: the host that the client named, the path and the query."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from dirserver.http.head import RequestHead
from dirserver.http.refusal import malformed

# uri-host [ ":" port ] (RFC 9110 section 7.2, RFC 3986 section 3.2.2).
_AUTHORITY = re.compile(
    rb"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9\-._~!$&'()*+,;=%]*)(?::(?P<port>[0-9]{0,5}))?"
)
_LAST_PORT = 65535
_ABSOLUTE = re.compile(rb"https?://(?P<authority>[^/?#]*)(?P<rest>[^#]*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Authority:
    """The host that the client named; ``port`` is None when it left that to the scheme.

    ``text`` is both, as the client wrote them; all is empty when it named nothing.
    """

    text: str
    host: str
    port: int | None


@dataclass(frozen=True, slots=True)
class Target:
    """The authority that the client named, the decoded path, and the query as it was sent."""

    authority: Authority
    path: bytes
    query: bytes


@lru_cache(maxsize=64)
def parse_authority(text: bytes) -> Authority:
    """Return what ``text`` names; raise Refusal when it is no host."""
    match = _AUTHORITY.fullmatch(text)
    port = int(match["port"]) if match is not None and match["port"] else None
    if match is None or (port is not None and port > _LAST_PORT):
        raise malformed("The Host field is not a host.")
    return Authority(text.decode("ascii"), match["host"].decode("ascii"), port)


def parse_target(head: RequestHead, forwarded_host: bytes | None = None) -> Target:
    """Return what the request is about (RFC 9112 sections 3.2 and 3.3).

    An authority in the target counts instead of Host; ``forwarded_host``, from a proxy that is
    trusted, counts instead of either. Raises Refusal.
    """
    hosts = head.fields.get(b"host", [])
    if len(hosts) > 1 or (not hosts and head.version == b"HTTP/1.1"):
        raise malformed("An HTTP/1.1 request has exactly one Host field.")
    authority = parse_authority(hosts[0] if hosts else b"")
    target = head.target
    if not target.startswith(b"/"):
        if target == b"*" and head.method == b"OPTIONS":
            # About the server as a whole, which for an application is its root.
            return Target(authority, b"/", b"")
        match = _ABSOLUTE.fullmatch(target)
        if match is None:
            raise malformed("The request target is neither a path nor an http URL.")
        authority = parse_authority(match["authority"])
        target = match["rest"]
        if not target.startswith(b"/"):
            target = b"/" + target
    if forwarded_host is not None:
        authority = parse_authority(forwarded_host)
    encoded, _, query = target.partition(b"?")
    path = unquote_to_bytes(encoded) if b"%" in encoded else encoded
    if b"\0" in path:
        # No resource has such a name, and databases choke on it.
        raise malformed("The path has a NUL in it.")
    return Target(authority, path, query)
