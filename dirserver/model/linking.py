"""Linked cards: cards in different books that are of one person."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

# So many cards of one person are no mistake; with each, an edit of one costs more.
MOST_LINKED = 16
# What says who somebody is and how to reach them, whoever keeps the card.
LINKED_BY_DEFAULT = ("FN", "N", "TEL", "EMAIL", "ORG", "TITLE", "ADR", "BDAY", "PHOTO")
# What a book's own people think of somebody, and what tells one card from another.
NEVER_LINKED = frozenset(
    {
        *("NOTE", "CATEGORIES", "UID", "KIND", "MEMBER", "REV", "PRODID", "VERSION", "BEGIN"),
        *("END", "SOURCE", "CLASS", "KEY", "CLIENTPIDMAP", "X-ADDRESSBOOKSERVER-KIND"),
        *("X-ADDRESSBOOKSERVER-MEMBER", "X-ABLABEL", "X-ABADR", "NAME", "PROFILE", "XML"),
    }
)
MOST_PROPERTIES = 40
_PROPERTY = re.compile(r"[A-Z0-9-]{1,40}")


class LinkMode(StrEnum):
    """What an edit of one linked card does to the others."""

    OFFER = "offer"
    CARRY = "carry"


@dataclass(frozen=True, slots=True)
class Link:
    """That cards are of one person: what becomes of an edit of one, in which properties."""

    id: int
    mode: LinkMode
    properties: tuple[str, ...]


def linkable(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of properties as links keep them: each once, in upper case.

    Raises ValueError, saying what is wrong, for one that can be no property or is never linked.
    """
    found = tuple(dict.fromkeys(name.strip().upper() for name in names if name.strip()))
    if not found:
        raise ValueError("there is no property to link")
    if len(found) > MOST_PROPERTIES:
        raise ValueError(f"these are more than {MOST_PROPERTIES} properties")
    for name in found:
        if not _PROPERTY.fullmatch(name):
            raise ValueError(f"{name[:40]} is no property of a vCard")
        if name in NEVER_LINKED:
            raise ValueError(f"{name} is each book's own, and is never linked")
    return found
