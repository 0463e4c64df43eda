"""Results in pages (RFC 2696). The server keeps nothing: the cookie says where to go on.

It is signed with a key of the directory's, together with who asks and what, so that it is good
for the same search of the same person only, on whichever connection and server.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime

from dirserver.ldap.codec.ber import (
    INTEGER,
    OCTET_STRING,
    SEQUENCE,
    encode_integer,
    expect,
    integer,
    tlv,
)
from dirserver.ldap.codec.messages import Control, MalformedMessage
from dirserver.model.ordering import Place

OID = "1.2.840.113556.1.4.319"
_SIGNATURE = 16


@dataclass(frozen=True, slots=True)
class PagedRequest:
    """How many entries a page is to have, and where it begins."""

    size: int
    cookie: bytes


@dataclass(slots=True)
class Progress:
    """How far a search has come: what was sent, and where it goes on.

    ``containers`` are those of the entries sent that are no cards, ``lookups`` the cards of books
    that may only be looked up in.
    """

    containers: int = 0
    sent: int = 0
    lookups: int = 0
    place: Place | None = field(default=None)


def decode(value: bytes) -> PagedRequest:
    """Read the value of a request's control. Raises MalformedMessage."""
    at, end = expect(value, 0, len(value), SEQUENCE)
    start, at = expect(value, at, end, INTEGER)
    size = integer(value, start, at)
    if size < 0:
        raise MalformedMessage("a page has fewer than no entries")
    start, at = expect(value, at, end, OCTET_STRING)
    return PagedRequest(size, value[start:at])


def response(cookie: bytes = b"") -> Control:
    """Return the control of a result; without a cookie this was the last page.

    How many entries there are in all is not told, as it would have to be counted.
    """
    return Control(OID, value=tlv(SEQUENCE, encode_integer(0) + tlv(OCTET_STRING, cookie)))


def subject(*said: object) -> bytes:
    """Return what tells a search from all others: it is ``said`` of both who asks and what."""
    return hashlib.sha256(repr(said).encode()).digest()


def seal(progress: Progress, about: bytes, key: bytes) -> bytes:
    """Return the cookie that says how far the search ``about`` has come."""
    place = progress.place and [
        {"at": value.isoformat()} if isinstance(value, datetime) else value
        for value in progress.place
    ]
    said = [progress.containers, progress.sent, progress.lookups, place]
    body = json.dumps(said, separators=(",", ":")).encode()
    return _signature(body, about, key) + body


def unseal(cookie: bytes, about: bytes, key: bytes) -> Progress | None:
    """Return what the cookie says, or None when it is not one of this search's."""
    signature, body = cookie[:_SIGNATURE], cookie[_SIGNATURE:]
    if not hmac.compare_digest(signature, _signature(body, about, key)):
        return None
    # What is signed was written by ``seal``.
    containers, sent, lookups, place = json.loads(body)
    values = place and tuple(
        datetime.fromisoformat(value["at"]).astimezone(UTC) if isinstance(value, dict) else value
        for value in place
    )
    return Progress(containers, sent, lookups, values)


def _signature(body: bytes, about: bytes, key: bytes) -> bytes:
    said = b"paged results\0" + about + body
    return hashlib.blake2b(said, key=key[:64], digest_size=_SIGNATURE).digest()
