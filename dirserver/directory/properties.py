"""What users set on books for themselves: no other user sees it, and the book stays as it is."""

from __future__ import annotations

from collections.abc import Mapping

from dirserver.directory.writing import Writing
from dirserver.errors import QuotaExceeded
from dirserver.model.addressbook import AddressBook
from dirserver.model.audit import AuditAction
from dirserver.store import properties

MOST_PROPERTIES = 200
LONGEST = 8192
_TOLD = 500


def change_properties(
    writing: Writing, book: AddressBook, changes: Mapping[str, str | None]
) -> None:
    """Set properties of a book, by name, for the principal alone; None takes one away.

    Raises QuotaExceeded for what is too long, or too much for one user.
    """
    check_properties(changes)
    login = writing.principal.login
    properties.change(writing.connection, login, book.id, changes)
    if properties.count(writing.connection, login) > MOST_PROPERTIES:
        raise QuotaExceeded(f"{login} has more than {MOST_PROPERTIES} properties")
    if changes:
        writing.note(AuditAction.PROPERTY_CHANGE, book.slug, ", ".join(changes)[:_TOLD])


def check_properties(changes: Mapping[str, str | None]) -> None:
    """Raise QuotaExceeded for what is too long to be kept."""
    for name, value in changes.items():
        if len(name) + len(value or "") > LONGEST:
            raise QuotaExceeded(f"a property of {len(name) + len(value or '')} characters")
