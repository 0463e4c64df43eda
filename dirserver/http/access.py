"""What the access log is told of a request."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dirserver.http.head import RequestHead

# A name and a password in a URL (RFC 3986 section 3.2.1), or in what should have been one.
_USERINFO = re.compile(rb"(?P<before>(?:[A-Za-z][A-Za-z0-9+.-]*:)?//)[^/?#]*@")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class AccessRecord:
    """One request as the access log has it; none of it can hold a line break.

    ``method`` and ``path`` are empty when the request could not be read so far. ``path`` is as
    it was sent, still percent-encoded, without the query and without a login in it. ``status``
    is 0 when the client left before it was answered, and ``complete`` is false when it did not
    get the whole answer.
    """

    method: str
    path: str
    status: int
    bytes: int
    seconds: float
    address: str
    user_agent: str
    complete: bool


def describe(
    head: RequestHead | None,
    *,
    status: int,
    sent: int,
    seconds: float,
    address: str,
    complete: bool,
) -> AccessRecord:
    """Return the record of a request with ``head``, or of what was no request."""
    agents = [] if head is None else head.fields.get(b"user-agent", [])
    return AccessRecord(
        method="" if head is None else head.method.decode("ascii"),
        path="" if head is None else _path(head.target),
        status=status,
        bytes=sent,
        seconds=seconds,
        address=address,
        user_agent=_loggable(agents[0]) if agents else "",
        complete=complete,
    )


def _path(target: bytes) -> str:
    """Return a target as it may be read by whoever reads logs: no query, no name and password."""
    shown = _USERINFO.sub(rb"\g<before>", target.partition(b"?")[0], count=1)
    if not shown.startswith((b"/", b"*")) and b"//" not in shown:
        # The authority alone, as for a proxy, or nothing that HTTP knows.
        shown = shown.rpartition(b"@")[2]
    return shown.decode("ascii")


def _loggable(sent: bytes) -> str:
    return _CONTROLS.sub("?", sent.decode("ascii", "backslashreplace"))
