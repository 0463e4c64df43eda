"""All that somebody may read as one book: which book is for new cards, and what has left it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from dirserver.directory.properties import check_properties
from dirserver.directory.reading import Reading
from dirserver.directory.writing import Writing
from dirserver.errors import QuotaExceeded
from dirserver.model.addressbook import MERGED, AddressBook
from dirserver.model.audit import AuditAction
from dirserver.model.policy import VisibleBook
from dirserver.store import cards, policies
from dirserver.store import properties as stored
from dirserver.store.cards import BookState
from dirserver.store.search import shown


def base(reading: Reading, views: Sequence[VisibleBook]) -> VisibleBook | None:
    """Return the one of ``views`` that new cards go to, if there is one."""
    return reading.policy.base(reading.principal, views, reading.client.address)


def states(reading: Reading, views: Iterable[VisibleBook]) -> dict[int, BookState]:
    """Return how far each of these books has come, by its id."""
    return cards.states(reading.connection, [view.book.id for view in views])


def former(reading: Reading, uuids: Sequence[str]) -> dict[str, tuple[AddressBook, BookState]]:
    """Return books that a client once had, by their UUIDs, whoever may read them now."""
    books = policies.load_by_uuid(reading.connection, uuids)
    found = cards.states(reading.connection, [book.id for book in books])
    return {book.uuid: (book, found[book.id]) for book in books}


def gone(
    reading: Reading, view: VisibleBook, start: int, held: int, namesakes: int | None
) -> Iterator[tuple[int, str]]:
    """Yield which cards of a book a client may have that came with it to the revision ``held``.

    Each with the revision of its last change, after ``start`` only and in their order. What has
    come to the book since is not told of, nor what is now the name of a card in ``namesakes``.
    """
    connection, book_id = reading.connection, view.book.id
    if view.is_whole:
        return cards.left_behind(connection, book_id, start, held, namesakes=namesakes)
    part = shown.Part(book_id, view.shown, view.hidden, reading.plan)
    return shown.left_behind(connection, part, start, held)


def properties(reading: Reading) -> Mapping[str, str]:
    """Return what the principal has set on it for themselves."""
    return stored.of_home(reading.connection, reading.principal.login)


def change_properties(writing: Writing, changes: Mapping[str, str | None]) -> None:
    """Set properties of it, for the principal alone, as of a book. Raises QuotaExceeded."""
    check_properties(changes)
    login = writing.principal.login
    stored.change_home(writing.connection, login, changes)
    if len(stored.of_home(writing.connection, login)) > stored.MOST_OF_A_HOME:
        raise QuotaExceeded(f"{login} has too many properties of all books as one")
    writing.note(AuditAction.PROPERTY_CHANGE, MERGED, ", ".join(changes)[:500])
