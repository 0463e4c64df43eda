"""From which revision on a client must be told of changes (RFC 6578 section 3.2)."""

from __future__ import annotations

from dirserver.errors import InvalidSyncToken
from dirserver.model.policy import VisibleBook
from dirserver_radicale.changes import several
from dirserver_radicale.changes.course import Course, Leg
from dirserver_radicale.tree import tokens
from dirserver_radicale.tree.collection import Book, Collection, SeveralBooks


def course(collection: Collection, token: str) -> Course:
    """Return what a client must be told who has ``token``, or nothing yet when it is empty.

    Raises InvalidSyncToken.
    """
    if isinstance(collection, SeveralBooks):
        return several.course(collection, token)
    return _of_book(collection, token)


def _of_book(book: Book, token: str) -> Course:
    start = since(token, book.view, book.revision) if token else 0
    if token and start == book.revision:
        book.viewer.reading.note_copy(book.view, start)
        return Course((), book.token, lambda _leg, reached: book.token_of(reached))
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
