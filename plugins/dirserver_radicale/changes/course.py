"""What a client must be told to get from its sync token to now: one leg for each book."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from dirserver.directory import merging
from dirserver.model.addressbook import Card
from dirserver_radicale.tree.collection import Part


@dataclass(frozen=True, slots=True)
class Leg:
    """What a client is told of one book: what changed in it after the revision ``start``.

    It may have cards of up to the revision ``held``. To one that has nothing of it yet no card is
    gone (section 3.4), as ``first`` says.
    """

    part: Part
    start: int
    held: int = 0
    first: bool = False

    def rows(self) -> Iterator[tuple[int, str, Card | None]]:
        """Yield what changed, as ``Reading.changed`` does."""
        book = self.part.book
        return book.viewer.reading.changed(book.view, self.start, self.held, alive=self.first)


@dataclass(frozen=True, slots=True)
class Farewell:
    """What a client is told of a book that is no longer there, or not by these names.

    Its cards are gone, those it may have of up to the revision ``held``; up to the revision
    ``start`` it was told so before. ``part`` is how they were called.
    """

    part: Part
    start: int
    held: int
    namesakes: int | None = None

    def rows(self) -> Iterator[tuple[int, str, None]]:
        """Yield what is gone, as ``Reading.changed`` does."""
        book = self.part.book
        reading = book.viewer.reading
        found = merging.gone(reading, book.view, self.start, self.held, self.namesakes)
        return ((revision, href, None) for revision, href in found)


@dataclass(frozen=True, slots=True)
class Course:
    """The way of a client from its token to the ``end``, which is the token of now.

    ``token`` is that of one who has gone all legs before that of this number, and this one up to
    a revision.
    """

    legs: Sequence[Leg | Farewell]
    end: str
    token: Callable[[int, int], str]
