"""Address books, the cards in them and how they change."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from dirserver.model.ordering import Place
from dirserver.model.smart.condition import SmartQuery
from dirserver.model.standards.rules import Standards

# The slug of the book that each user owns where the organisation gives them one.
PERSONAL = "personal"
# The slug of the one book that a merged home shows.
MERGED = "all-contacts"

# The name of a book's life before any copy of it was put back.
FIRST_LIFE = "0"


@dataclass(frozen=True, slots=True)
class Incarnation:
    """A book's life since a copy of it was put back, which was of the revision ``revision``."""

    name: str
    revision: int


@dataclass(frozen=True, slots=True)
class AddressBook:
    """A book. ``owner`` is the login whose private book it is, or empty for a shared one.

    ``delegate`` says whether those who manage it may give others access to it.
    ``incarnations`` are those since its first life, oldest first. ``standards`` are the rules for
    its cards, if it has any. A ``smart`` one shows those of other books that its query finds.
    """

    id: int
    uuid: str
    slug: str
    name: str = ""
    description: str = ""
    owner: str = ""
    delegate: bool = True
    incarnations: tuple[Incarnation, ...] = ()
    standards: Standards | None = None
    smart: SmartQuery | None = None

    @property
    def incarnation(self) -> str:
        """The name of the life that the book is in now."""
        return self.incarnations[-1].name if self.incarnations else FIRST_LIFE

    def remembers(self, incarnation: str, revision: int) -> bool:
        """Say whether the book once was at ``revision`` in ``incarnation``, as it now knows.

        A copy that was put back knows nothing of what came after it was made: an incarnation
        ends, as far as the next one knows, at the revision of the copy. How far the present one
        has come is for the caller to ask.
        """
        names = [FIRST_LIFE, *(one.name for one in self.incarnations)]
        if incarnation not in names:
            return False
        later = self.incarnations[names.index(incarnation) :]
        return not later or revision <= later[0].revision

    @property
    def made_by_owner(self) -> bool:
        """Whether its owner made it, who may rename it and take it away again.

        All other books are the config file's.
        """
        return bool(self.owner) and self.slug != PERSONAL


def label_of(book: AddressBook) -> str:
    """Return the book's name among all books: private ones are told apart by their owners."""
    return f"{book.owner}/{book.slug}" if book.owner else book.slug


@dataclass(frozen=True, slots=True)
class Card:
    """A card without its body: what a listing shows.

    ``size`` is in bytes; None where properties are hidden and only the body would tell.
    """

    href: str
    etag: str
    size: int | None
    modified: datetime
    uid: str
    key: str


@dataclass(frozen=True, slots=True)
class Change:
    """How a card last changed: its revision, and whether it is gone."""

    href: str
    revision: int
    vanished: bool


class Entry(NamedTuple):
    """A card as a search finds it: ``attributes`` is what the LDAP face kept at write.

    ``place`` is where it stands in the order of what is found; it has a ``body``, and moments,
    where that was asked for. ``link_id`` is the same of cards that are linked. Of these there are
    many: hence a tuple.
    """

    book_id: int
    key: str
    uid: str
    attributes: bytes
    created: datetime | None
    modified: datetime | None
    body: bytes | None
    place: Place
    link_id: int | None = None


HREF_BYTES = 255


def is_href(href: str) -> bool:
    """Say whether a card may have the name ``href`` in its book.

    One path segment of at most 255 bytes, without control characters; what else a client
    chooses is its own affair.
    """
    return (
        0 < len(href.encode("utf-8", "surrogatepass")) <= HREF_BYTES
        and "/" not in href
        and href not in (".", "..")
        and (href.isprintable() or all(map(_is_seen, href)))
    )


def _is_seen(char: str) -> bool:
    """Say whether a character is printed, if only as a blank: there are wide and narrow ones."""
    return char.isprintable() or unicodedata.category(char) == "Zs"
