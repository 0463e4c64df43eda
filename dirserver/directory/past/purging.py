"""Purging: what the config file has archived, the operator may delete for good."""

from __future__ import annotations

from dirserver.directory.reading import Reading
from dirserver.directory.writing import Writing
from dirserver.errors import AccessDenied, NotFound
from dirserver.model.addressbook import AddressBook, label_of
from dirserver.model.audit import AuditAction, Outcome
from dirserver.model.counting import counted
from dirserver.store import policies, purging, writing
from dirserver.store.purging import Belongings


def archived_books(reading: Reading) -> dict[str, AddressBook]:
    """Return the archived books by their labels. Raises AccessDenied to all but the operator."""
    if not reading.principal.is_operator:
        raise AccessDenied("archived books are the operator's affair")
    return {label_of(book): book for book in policies.load_books(reading.connection, archived=True)}


def belongings(reading: Reading, book: AddressBook) -> Belongings:
    """Count what goes when ``book`` is purged."""
    return purging.belongings(reading.connection, book.id)


def purge_book(acting: Writing, label: str) -> Belongings:
    """Delete the archived book ``label`` with its cards and all their versions; say how many.

    What the audit trail tells of it stays. Raises NotFound when no such book is archived, and
    AccessDenied to all but the operator.
    """
    try:
        book = archived_books(acting).get(label)
    except AccessDenied as denied:
        refusal = acting.event(AuditAction.BOOK_PURGE, label, "", str(denied), Outcome.REFUSED)
        acting.refusals.append(refusal)
        raise
    if book is None:
        raise NotFound(f"no archived book {label}")
    writing.lock(acting.connection, book.id)
    found = belongings(acting, book)
    purging.purge(acting.connection, book.id)
    parts = ((found.cards, "card"), (found.versions, "version"), (found.changes, "change row"))
    said = ", ".join(counted(*part) for part in parts)
    acting.note(AuditAction.BOOK_PURGE, label, f"{book.uuid}: {said}")
    return found
