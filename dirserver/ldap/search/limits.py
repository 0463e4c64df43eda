"""How much of an answer there may be, in all and at once."""

from __future__ import annotations

from dirserver.ldap.codec.messages import SearchRequest
from dirserver.ldap.settings import ClientProfile

# What is encoded at once: entries, and about the octets of what they are made from.
MOST_AT_ONCE = 500
MOST_OCTETS = 96 * 1024


def most_entries(request: SearchRequest, profile: ClientProfile) -> int | None:
    """Return the most entries to send: what the client can take, or its network's profile."""
    asked, most = request.size_limit or None, profile.max_hits or None
    return min(asked, most) if asked and most else asked or most
