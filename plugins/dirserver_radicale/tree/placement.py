"""Where the card that a path names is kept, which in a merged home is some other book."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from dirserver.directory import Reading
from dirserver.errors import AccessDenied, NotFound, UIDConflict
from dirserver.model.addressbook import MERGED
from dirserver.model.audit import AuditAction
from dirserver.model.policy import VisibleBook
from dirserver_radicale.tree.collection import MergedBook
from dirserver_radicale.tree.hrefs import Location
from dirserver_radicale.tree.resources import Viewer


@dataclass(frozen=True, slots=True)
class Placement:
    """The book ``slug`` and the name ``href`` of a card in it; ``merged`` is what shows it.

    ``path`` is where privileges are told of that it takes to add a card or take one away: that
    of its collection, or in a merged one its own, since others may have what it has not.
    """

    slug: str
    href: str
    path: str
    merged: MergedBook | None = None

    @property
    def among(self) -> tuple[VisibleBook, ...]:
        """The books whose cards are shown beside it."""
        return () if self.merged is None else tuple(one.book.view for one in self.merged.parts)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Let a UIDConflict tell what the other card is called where this one is shown."""
        try:
            yield
        except UIDConflict as error:
            if self.merged is None:
                raise
            ours = next(one.id for one in (v.book for v in self.among) if one.slug == self.slug)
            name = self.merged.name_of(error.book_id or ours, error.href)
            raise UIDConflict(name) from error


def is_merged(reading: Reading, location: Location) -> bool:
    """Say whether a path is that of all books as one, or of a card in it."""
    return location.book == MERGED and reading.principal.sees_one_book


def placement(reading: Reading, location: Location, action: AuditAction | None = None) -> Placement:
    """Return where the card at ``location`` is, or would be.

    Raises AccessDenied where there can be none, which the audit trail tells of as ``action``; to
    those who only read, without one, it is NotFound.
    """
    if not is_merged(reading, location):
        return Placement(location.book, location.href, location.parent.path)
    merged = MergedBook(Viewer(reading))
    placed = merged.placed(location.href)
    if placed is not None:
        part, href = placed
        return Placement(part.book.view.book.slug, href, location.path, merged)
    if action is None:
        raise NotFound(location.href)
    if merged.base is None:
        reason = f"{reading.principal.login} has no book for new cards: set default_book"
    else:
        reason = "there is no such book among those that are shown as one"
    reading.refuse(action, MERGED, location.href, reason)
    raise AccessDenied(reason)
