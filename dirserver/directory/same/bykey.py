"""A card by its key, which is all that somebody has to know of it to name it."""

from __future__ import annotations

from dataclasses import dataclass

from dirserver.directory.reading import Reading
from dirserver.directory.writing import Writing
from dirserver.errors import AccessDenied, NotFound
from dirserver.model.addressbook import label_of
from dirserver.model.audit import AuditAction
from dirserver.model.grant import Privilege
from dirserver.model.policy import VisibleBook
from dirserver.store.same import duplicates


@dataclass(frozen=True, slots=True)
class Keyed:
    """A card that may be seen: its book, its name there and its key."""

    view: VisibleBook
    href: str
    key: str

    @property
    def label(self) -> str:
        """The name of its book among all."""
        return label_of(self.view.book)


def readable(reading: Reading, key: str) -> Keyed:
    """Return the card ``key``. Raises NotFound where the principal cannot read it."""
    views = {view.book.id: view for view in reading.books(Privilege.READ)}
    found = duplicates.place_of(reading.connection, key)
    if found is None or found[0] not in views:
        raise NotFound(key)
    return Keyed(views[found[0]], found[1], key)


def writable(writing: Writing, key: str, action: AuditAction) -> Keyed:
    """Return the card ``key``. Raises NotFound as ``readable``, and AccessDenied without write.

    Of that the audit trail tells as ``action``.
    """
    found = readable(writing, key)
    if found.view.access < Privilege.WRITE:
        reason = f"no grant of write on {found.label}"
        writing.refuse(action, found.label, found.href, reason)
        raise AccessDenied(reason)
    return found
