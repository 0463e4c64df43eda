"""Sync tokens (RFC 6578): the book, its incarnation and revision, and what its reader could see.

A token never expires by age. When what is hidden from the reader has changed since, all cards
count as changed, so that the client comes to the new view by a delta like any other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from dirserver.errors import InvalidSyncToken

_PREFIX = "tag:dirserver,2026:sync/"
_TOKEN = re.compile(
    re.escape(_PREFIX) + r"([0-9a-f-]{36})/([0-9a-f]{1,16})/([0-9]{1,18})/([0-9a-f]{1,12})"
)


@dataclass(frozen=True, slots=True)
class SyncToken:
    """How far a client has come in a book, and with which view of it."""

    book: str
    incarnation: str
    revision: int
    visibility: str

    def __str__(self) -> str:
        """Spell the token as a URI (RFC 6578 section 3.2, RFC 4151)."""
        return f"{_PREFIX}{self.book}/{self.incarnation}/{self.revision}/{self.visibility}"


def parse(text: str) -> SyncToken:
    """Read a token. Raises InvalidSyncToken for what this server never gave out."""
    match = _TOKEN.fullmatch(text)
    if match is None:
        raise InvalidSyncToken(text[:100])
    book, incarnation, revision, visibility = match.groups()
    return SyncToken(book, incarnation, int(revision), visibility)
