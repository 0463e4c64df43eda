"""Who writes to linked cards keeps others out of the books of all of them, in one order.

What becomes of one card of a link is told in the books of the others. If each writer began with
the book that they write to, and went on to the others, two of them would wait for each other. So
the books are known before the first of them is taken, and the lower number always comes first.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Set
from typing import TYPE_CHECKING

from dirserver.model.addressbook import is_href
from dirserver.store import settings, writing
from dirserver.store.engine import Connection
from dirserver.store.same import links

if TYPE_CHECKING:
    from dirserver.directory.reading import Reading


def keep_out(by: Reading, books: Set[int], *hrefs: str) -> None:
    """Keep every other writer out of ``books``, and of those of linked cards of theirs.

    With ``hrefs``, only the cards of these names are about to be written.
    """
    if by.policy.linked_books.isdisjoint(books) and _lock_unlinked(by, books):
        return
    # A database would fail at a name that no card can have.
    named = list(filter(is_href, hrefs))
    _lock_all(by.connection, books, lambda: links.beside(by.connection, books, named))


def keep_out_of(by: Reading, keys: Collection[str], books: Set[int] = frozenset()) -> None:
    """Keep every other writer out of ``books``, and of those of some cards and their linked ones.

    The cards are known by their ``keys``, and need not be in a book now.
    """
    _lock_all(by.connection, books, lambda: links.around(by.connection, keys))


def _lock_unlinked(by: Reading, books: Set[int]) -> bool:
    """Lock ``books``, which have no linked cards; say no, and lock none, if they may have by now.

    Cards may have been linked since the policy was read, or while the lock was waited for.
    """
    if by.connection.dialect.name == "sqlite":
        return True
    savepoint = by.connection.begin_nested()
    _lock(by.connection, books)
    if settings.policy_epoch(by.connection) == by.policy.epoch:
        savepoint.commit()
        return True
    savepoint.rollback()
    return False


def _lock_all(connection: Connection, books: Set[int], find: Callable[[], Set[int]]) -> None:
    """Lock ``books`` and those that are found, which may be others once these are locked."""
    if connection.dialect.name == "sqlite":
        return
    wanted = books | find()
    while True:
        savepoint = connection.begin_nested()
        _lock(connection, wanted)
        now = books | find()
        if now <= wanted:
            savepoint.commit()
            return
        # To take one more would be out of order.
        savepoint.rollback()
        wanted = now


def _lock(connection: Connection, books: Set[int]) -> None:
    for book_id in sorted(books):
        writing.lock(connection, book_id)
