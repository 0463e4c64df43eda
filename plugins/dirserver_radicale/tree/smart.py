"""A smart book: the cards of other books that its query finds, of those that one may read.

It takes no new cards. No query says which book one belongs to, and one that it does not find would
be gone at once from where it was just made, unless something were added to what the client has
written. So who adds a card is told to have no right to, and adds it to a book.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from dirserver.directory import Writing
from dirserver.directory.properties import change_properties
from dirserver.directory.same import linking
from dirserver.model.addressbook import AddressBook
from dirserver.model.grant import Privilege
from dirserver.model.policy import SmartView, shown_of
from dirserver.model.query import EVERYTHING, Query
from dirserver_radicale.tree import privileges, tokens
from dirserver_radicale.tree.collection import Part, SeveralBooks

if TYPE_CHECKING:
    from dirserver_radicale.tree.resources import Viewer


class SmartBook(SeveralBooks):
    """A smart book in the home of whoever asks.

    Its tokens are for what its query asks now: one that it is changed to is another collection.
    """

    def __init__(self, viewer: Viewer, view: SmartView) -> None:
        """Show the smart book that ``viewer`` has as ``view``."""
        book = view.book
        asked = "" if book.smart is None else book.smart.digest
        scope = tokens.Scope(f"smart/{book.uuid}/{asked}")
        super().__init__(viewer, book.slug, scope, linking.as_one(viewer.reading, view.parts))
        self._book = book
        self.title = book.name or book.slug
        self.description = book.description
        self.owner = ""

    def takes(self, part: Part, href: str) -> bool:
        """Say whether a card may be put there: only in the place of one that is shown.

        One for which a linked card is shown by now is, to a client that has not heard of it yet.
        """
        view = part.book.view
        return (
            self.viewer.reading.stored(replace(view, shown=self.shown_of(view.book)), href)
            is not None
        )

    def shown_of(self, book: AddressBook) -> Query:
        """Return what finds the cards of a book that it shows."""
        return EVERYTHING if self._book.smart is None else shown_of(book, self._book.smart)

    @property
    def privileges(self) -> tuple[str, ...]:
        """The names of the privileges on it: what may be done with some card in it."""
        changes = any(part.book.view.access >= Privilege.WRITE for part in self.parts)
        return privileges.merged_privileges(changes=changes, makes=False)

    @property
    def own_properties(self) -> Mapping[str, str]:
        """What whoever asks has set on it for themselves, written."""
        return self.viewer.own_properties.get(self._book.id, {})

    def set_properties(self, writing: Writing, changes: Mapping[str, str | None]) -> None:
        """Set properties for whoever asks alone. Raises QuotaExceeded."""
        change_properties(writing, self._book, changes)

    @property
    def why_no_new_card(self) -> str:
        """Why a card cannot be added that has no place in it, for the audit trail."""
        return f"{self.slug} is a smart book, which takes no new cards"
