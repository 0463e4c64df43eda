"""Where the card that a path names is kept: perhaps in another book than it is shown in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from dirserver.directory import Reading
from dirserver.errors import AccessDenied, NotFound, UIDConflict
from dirserver.model.audit import AuditAction
from dirserver.model.grant import Privilege
from dirserver.model.policy import VisibleBook
from dirserver_radicale.tree.collection import Part, SeveralBooks
from dirserver_radicale.tree.hrefs import Location
from dirserver_radicale.tree.resources import Viewer


@dataclass(frozen=True, slots=True)
class Placement:
    """The book ``slug`` and the name ``href`` of a card in it.

    ``several`` is what shows it among the cards of other books, if that does, as one of ``part``.
    ``path`` is where privileges are told of that it takes to add a card or take one away: that
    of its collection, or among several books its own, since others may have what it has not.
    """

    slug: str
    href: str
    path: str
    several: SeveralBooks | None = None
    part: Part | None = None

    @property
    def among(self) -> tuple[VisibleBook, ...]:
        """The books whose cards are shown beside it."""
        return () if self.several is None else tuple(one.book.view for one in self.several.parts)

    def view(
        self, reading: Reading, action: AuditAction | None = AuditAction.CARD_READ
    ) -> VisibleBook:
        """Return its book as it is seen there. Raises AccessDenied, as ``Reading.book`` does."""
        if self.part is not None:
            return self.part.book.view
        return reading.book(self.slug, Privilege.READ, action)

    def needed(self, reading: Reading, location: Location) -> tuple[str, str]:
        """Return where it takes which privilege to store the card (RFC 3744 appendix B).

        What somebody may not see is not there for them, so that hidden and absent answer alike.
        """
        try:
            reading.card(self.view(reading, action=None), self.href)
        except (AccessDenied, NotFound):
            return self.path, "bind"
        return location.path, "write-content"

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Let a UIDConflict tell what the other card is called where this one is shown."""
        try:
            yield
        except UIDConflict as error:
            if self.several is None or self.part is None:
                raise
            ours = self.part.book.view.book.id
            name = self.several.name_of(error.book_id or ours, error.href)
            raise UIDConflict(name) from error


def placement(reading: Reading, location: Location, action: AuditAction | None = None) -> Placement:
    """Return where the card at ``location`` is, or would be.

    Raises AccessDenied where there can be none, which the audit trail tells of as ``action``; to
    those who only read, without one, it is NotFound, as to those who delete what is not shown.
    """
    several = Viewer(reading).several(location)
    if several is None:
        return Placement(location.book, location.href, location.parent.path)
    placed = several.placed(location.href)
    if placed is not None and several.takes(*placed):
        part, href = placed
        return Placement(part.book.view.book.slug, href, location.path, several, part)
    if action is None or (action is AuditAction.CARD_DELETE and placed is not None):
        raise NotFound(location.href)
    reading.refuse(action, several.slug, location.href, several.why_no_new_card)
    raise AccessDenied(several.why_no_new_card)
