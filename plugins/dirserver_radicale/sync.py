"""From which revision on a client must be told of changes (RFC 6578 section 3.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from dirserver.errors import InvalidSyncToken
from dirserver.model.addressbook import Card
from dirserver.model.policy import VisibleBook
from dirserver_radicale import tokens
from dirserver_radicale.resources import Book, Collection, Part


@dataclass(frozen=True, slots=True)
class Leg:
    """What a client is told of one book: what changed in it after the revision ``start``.

    To one that has nothing of it yet no card is gone (section 3.4), as ``first`` says.
    """

    part: Part
    start: int
    first: bool = False

    def rows(self) -> Iterator[tuple[int, str, Card | None]]:
        """Yield what changed, as ``Reading.changed`` does."""
        book = self.part.book
        return book.viewer.reading.changed(book.view, self.start, alive=self.first)


@dataclass(frozen=True, slots=True)
class Course:
    """The way of a client from its token to the ``end``, which is the token of now.

    ``token`` is that of one who has gone all legs before that of this number, and this one up to
    a revision.
    """

    legs: Sequence[Leg]
    end: str
    token: Callable[[int, int], str]


def course(collection: Collection, token: str) -> Course:
    """Return what a client must be told who has ``token``, or nothing yet when it is empty.

    Raises InvalidSyncToken.
    """
    return _of_book(collection, token)


def _of_book(book: Book, token: str) -> Course:
    start = since(token, book.view, book.revision) if token else 0
    legs = [Leg(part, start, first=not token) for part in book.parts]
    return Course(legs, book.token, lambda _leg, reached: book.token_of(reached))


def since(token: str, view: VisibleBook, revision: int) -> int:
    """Return the revision that a client with ``token`` has, of a book that is at ``revision``.

    When what is hidden from the reader is not what it was, that is 0: all cards have changed.
    Raises InvalidSyncToken for a token that the book never gave out, as far as it remembers.
    """
    old = tokens.parse(token)
    remembered = view.book.remembers(old.incarnation, old.revision)
    if old.book != view.book.uuid or old.revision > revision or not remembered:
        raise InvalidSyncToken("the token is not one of this book")
    return old.revision if old.visibility == view.visibility else 0
