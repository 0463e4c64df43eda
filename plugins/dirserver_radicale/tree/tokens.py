"""Sync tokens (RFC 6578): the book, its incarnation and revision, and what its reader could see.

A token never expires by age. When what is hidden from the reader has changed since, all cards
count as changed, so that the client comes to the new view by a delta like any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from dirserver.errors import InvalidSyncToken

_URI = "tag:dirserver,2026:"
_MARK = re.compile(
    r"([0-9a-f-]{36})/([0-9a-f]{1,16})/([0-9]{1,18})/([0-9]{1,18})/([0-9a-f]{1,12})/([bn]x?)"
)
_PREFIX = f"{_URI}sync/"
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


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a client has come in one of several books.

    It was told all up to ``revision`` and may have cards of up to the revision ``held``. Once
    they had their names without a prefix if ``is_bare``. While the book goes (``leaving``), the
    ``revision`` is up to which it was told that its cards are gone.
    """

    book: str
    incarnation: str
    revision: int
    held: int
    visibility: str
    is_bare: bool
    leaving: bool = False

    def __str__(self) -> str:
        """Spell it as a part of a token."""
        flags = ("b" if self.is_bare else "n") + ("x" if self.leaving else "")
        numbers = f"{self.revision}/{self.held}"
        return f"{self.book}/{self.incarnation}/{numbers}/{self.visibility}/{flags}"


@dataclass(frozen=True, slots=True)
class Scope:
    """What the tokens of several books are good for: no other collection takes them."""

    name: str

    def spelled(self, marks: Iterable[Mark]) -> str:
        """Spell a token; equal marks make equal tokens."""
        return self._prefix + ",".join(sorted(map(str, marks)))

    def parsed(self, text: str) -> list[Mark]:
        """Read a token. Raises InvalidSyncToken."""
        if not text.startswith(self._prefix):
            raise InvalidSyncToken(text[:100])
        marks = []
        for one in filter(None, text.removeprefix(self._prefix).split(",")):
            match = _MARK.fullmatch(one)
            if match is None:
                raise InvalidSyncToken(text[:100])
            book, incarnation, revision, held, visibility, flags = match.groups()
            bare, leaving = flags[0] == "b", flags[1:] == "x"
            numbers = int(revision), int(held)
            marks.append(Mark(book, incarnation, *numbers, visibility, bare, leaving))
        return marks

    @property
    def _prefix(self) -> str:
        return f"{_URI}{self.name}/"
