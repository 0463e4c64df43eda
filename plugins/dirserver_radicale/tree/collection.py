"""Collections of cards (RFC 6352 section 5.2): a book, and what shows the cards of several books.

Two of several books may call a card the same. So a card's name there begins with its book's
number and ``~``; only those of the book that takes the new cards, if there is one, are called
what they are, since clients choose these names.
"""

from __future__ import annotations

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from dirserver.directory import BookState, Writing, merging
from dirserver.model.addressbook import AddressBook
from dirserver.model.policy import VisibleBook
from dirserver.model.query import EVERYTHING, Query
from dirserver_radicale.headers.conditional import book_etag
from dirserver_radicale.tree import privileges, tokens
from dirserver_radicale.tree.hrefs import Location, escaped, escaped_name

if TYPE_CHECKING:
    from dirserver_radicale.tree.resources import Viewer

_PREFIXED = re.compile(r"([0-9]{1,18})~(.+)", re.DOTALL)
# Of the ctag of several books: so many values tell apart which they are. Of fewer, two would be the
# same now and then; with more, it would not fit into 64 bits after a thousand million changes.
_SETS = 10**9


class Book:
    """A book in the home of whoever asks."""

    def __init__(self, viewer: Viewer, view: VisibleBook, state: BookState | None = None) -> None:
        """Show the book that ``viewer`` has as ``view``; its ``state`` may be known already."""
        self.viewer = viewer
        self._state = state
        self.view = view
        self.url = escaped(Location(viewer.principal.login, view.book.slug).path)
        self.title = view.book.name or view.book.slug
        self.description = view.book.description
        # A shared one belongs to nobody.
        self.owner = view.book.owner
        self.parts = (Part(self, self.url),)

    def placed(self, name: str) -> tuple[Part, str] | None:
        """Return where a card called ``name`` is, or would be, and what it is called there."""
        return self.parts[0], name

    def by_part(self, names: Sequence[str]) -> Sequence[tuple[Part, dict[str, str]]]:
        """Return which cards of which part ``names`` mean: what each is called here."""
        return [(self.parts[0], dict(zip(names, names, strict=True)))]

    @property
    def privileges(self) -> tuple[str, ...]:
        """The names of the privileges on it, as RFC 3744 has them."""
        return privileges.privileges(self.view, is_card=False)

    @property
    def own_properties(self) -> Mapping[str, str]:
        """What whoever asks has set on it for themselves, written."""
        return self.viewer.own_properties.get(self.view.book.id, {})

    @cached_property
    def state(self) -> BookState:
        """Its last change."""
        return self._state or self.viewer.reading.state(self.view)

    @property
    def revision(self) -> int:
        """The revision of its last change."""
        return self.state.revision

    @property
    def ctag(self) -> int:
        """A number that grows whenever something changes."""
        return self.revision

    @property
    def etag(self) -> str:
        """The etag of it as one file."""
        return book_etag(self.state, self.view)

    @property
    def modified(self) -> datetime:
        """When that was."""
        return self.state.modified

    @property
    def token(self) -> str:
        """The sync token of now."""
        return self.token_of(self.revision)

    def token_of(self, revision: int) -> str:
        """Return the sync token of a client that has seen all up to ``revision``."""
        book = self.view.book
        return str(tokens.SyncToken(book.uuid, book.incarnation, revision, self.view.visibility))


@dataclass(frozen=True, slots=True)
class Part:
    """The cards of one book in the collection at ``url``.

    There a ``prefix`` goes before their names, but with ``is_bare`` only where a name would else
    seem to have one.
    """

    book: Book
    url: str
    prefix: str = ""
    is_bare: bool = False

    @property
    def head(self) -> str:
        """What the addresses of all its cards begin with, escaped."""
        return self.url if self.is_bare else self.url + self.prefix

    def spelled(self, href: str) -> str:
        """Return what stands for the card ``href`` behind the ``head``, escaped."""
        return escaped_name(self.name_of(href) if self.is_bare else href)

    def name_of(self, href: str) -> str:
        """Return what the card ``href`` is called in the collection."""
        return href if self.is_bare and not _PREFIXED.match(href) else self.prefix + href

    def url_of(self, href: str) -> str:
        """Return the escaped path of the card ``href``."""
        return self.head + self.spelled(href)

    def mark(self, revision: int, held: int = 0) -> tokens.Mark:
        """Return how far a client has come that was told all up to ``revision``.

        It may have cards of up to the revision ``held``, if that is more.
        """
        book, held = self.book.view.book, max(revision, held)
        return tokens.Mark(
            book.uuid, book.incarnation, revision, held, self.visibility, is_bare=self.is_bare
        )

    @property
    def visibility(self) -> str:
        """A short name for what is hidden, and which cards are not shown."""
        view = self.book.view
        if view.is_whole:
            return view.visibility
        return hashlib.sha256(f"{view.visibility} {view.shown}".encode()).hexdigest()[:12]


class SeveralBooks(ABC):
    """The cards of several books as one collection."""

    title: str
    description: str
    owner: str

    def __init__(
        self,
        viewer: Viewer,
        slug: str,
        scope: tokens.Scope,
        views: Sequence[VisibleBook],
        base: VisibleBook | None = None,
    ) -> None:
        """Show ``viewer`` the cards of ``views`` as the book ``slug``; new ones go to ``base``.

        ``scope`` is what its sync tokens are good for.
        """
        self.viewer = viewer
        self.slug = slug
        self.scope = scope
        self.url = escaped(Location(viewer.principal.login, slug).path)
        states = merging.states(viewer.reading, views)
        self.parts = tuple(
            Part(
                Book(viewer, view, states[view.book.id]),
                self.url,
                f"{view.book.id}~",
                base is not None and view.book.id == base.book.id,
            )
            for view in views
        )
        self.base = next((part for part in self.parts if part.is_bare), None)

    @property
    @abstractmethod
    def privileges(self) -> tuple[str, ...]:
        """The names of the privileges on it: what may be done with some card in it."""

    @property
    @abstractmethod
    def own_properties(self) -> Mapping[str, str]:
        """What whoever asks has set on it for themselves, written."""

    @abstractmethod
    def set_properties(self, writing: Writing, changes: Mapping[str, str | None]) -> None:
        """Set properties for whoever asks alone. Raises QuotaExceeded."""

    @property
    @abstractmethod
    def why_no_new_card(self) -> str:
        """Why a card cannot be added that has no place in it, for the audit trail."""

    def takes(self, part: Part, href: str) -> bool:
        """Say whether a card may be put there."""
        return True

    def shown_of(self, book: AddressBook) -> Query:
        """Return what finds the cards of a book that it shows, or once showed."""
        return EVERYTHING

    def placed(self, name: str) -> tuple[Part, str] | None:
        """Return where a card called ``name`` is, or would be, and what it is called there.

        None where there is no such book, or none for new cards.
        """
        match = _PREFIXED.fullmatch(name)
        if match is None:
            return None if self.base is None else (self.base, name)
        found = (part for part in self.parts if part.prefix == f"{int(match[1])}~")
        return next(((part, match[2]) for part in found), None)

    def by_part(self, names: Sequence[str]) -> Sequence[tuple[Part, dict[str, str]]]:
        """Return which cards of which part ``names`` mean: what each is called here."""
        meant: dict[int, tuple[Part, dict[str, str]]] = {}
        for name in names:
            placed = self.placed(name)
            # What is called otherwise by now is not there, though changes still find it.
            if placed is not None and placed[0].name_of(placed[1]) == name:
                part, href = placed
                meant.setdefault(part.book.view.book.id, (part, {}))[1][href] = name
        return list(meant.values())

    def name_of(self, book_id: int, href: str) -> str:
        """Return what a card of a book is called here."""
        (part,) = (part for part in self.parts if part.book.view.book.id == book_id)
        return part.name_of(href)

    @cached_property
    def marks(self) -> tuple[tokens.Mark, ...]:
        """How far a client has come that has been told all, in each book."""
        return tuple(part.mark(part.book.revision) for part in self.parts)

    @property
    def token(self) -> str:
        """The sync token of now."""
        return self.scope.spelled(self.marks)

    @property
    def etag(self) -> str:
        """The etag of it as one file."""
        return hashlib.sha256(self.token.encode()).hexdigest()[:32]

    @property
    def ctag(self) -> int:
        """A number that grows with each change, and is another when other books are in it."""
        members = [(mark.book, mark.visibility, mark.is_bare) for mark in self.marks]
        digest = hashlib.sha256(repr((self.scope, sorted(members))).encode()).digest()
        total = sum(mark.revision for mark in self.marks)
        return total * _SETS + int.from_bytes(digest[:8]) % _SETS

    @property
    def modified(self) -> datetime:
        """When something in it changed last."""
        moments = (part.book.modified for part in self.parts)
        return max(moments, default=datetime.fromtimestamp(0, UTC))


Collection: TypeAlias = Book | SeveralBooks
