"""Books that users make for themselves, where the organisation gives everybody one."""

from __future__ import annotations

import secrets

from dirserver.directory.writing import Writing
from dirserver.errors import AccessDenied, AlreadyExists, InvalidHref, QuotaExceeded
from dirserver.model.addressbook import MERGED, AddressBook, is_href, label_of
from dirserver.model.audit import AuditAction
from dirserver.model.counting import counted
from dirserver.model.grant import Privilege
from dirserver.model.policy import VisibleBook
from dirserver.store import settings, structure, turns
from dirserver.store.structure import Book

MOST_BOOKS = 50
_SLUG_BYTES = 100
# Every listing of a home has them all.
_LONGEST = 8192
# In the tree of the other face the first is where people are; the second is in a merged home.
_RESERVED = frozenset({"users", MERGED})
# What names an archived book apart from one that may come to have its name.
_MARK = "~"


def is_slug(text: str) -> bool:
    """Say whether a book of one's own may be called ``text`` in its address."""
    return (
        is_href(text)
        and text.isprintable()
        and len(text.encode()) <= _SLUG_BYTES
        and not text.startswith(".")
        and _MARK not in text
        and text.strip().casefold() not in _RESERVED
    )


def require_maker(writing: Writing, slug: str) -> None:
    """Raise AccessDenied unless the principal may make books; ``slug`` is for the audit trail."""
    if not writing.policy.may_make_books(writing.principal):
        raise _refused(writing, AuditAction.BOOK_ADD, slug, "this user has no books of their own")


def make_book(writing: Writing, slug: str, name: str = "", description: str = "") -> AddressBook:
    """Make a book that belongs to the principal and that nobody else can see.

    Raises AccessDenied to those who have none, InvalidHref, AlreadyExists, and QuotaExceeded.
    """
    require_maker(writing, slug)
    if not is_slug(slug):
        raise InvalidHref(repr(slug))
    # Two that make the same book would both find that it is not there.
    turns.take(writing.connection, turns.Turn.STRUCTURE)
    login = writing.principal.login
    own = structure.slugs_of(writing.connection, login)
    around = {view.book.slug for view in writing.books(Privilege.READ)}
    around |= {view.book.slug for view in writing.smart_books(Privilege.READ)}
    if slug in own | around:
        raise AlreadyExists(slug)
    if len(own) >= MOST_BOOKS:
        raise QuotaExceeded(f"{login} has {counted(len(own), 'book')}")
    _require_short(name, description)
    made = Book(slug, login, name, description, delegate=False)
    book_id = structure.put_book(writing.connection, made, writing.at)
    settings.next_policy_epoch(writing.connection)
    writing.note(AuditAction.BOOK_ADD, made.label, f"book {made.label}: {name or slug}")
    return AddressBook(book_id, "", slug, name, description, login, delegate=False)


def rename_book(writing: Writing, view: VisibleBook, name: str, description: str) -> None:
    """Give a book of one's own another name and description.

    Raises AccessDenied when it is not, and QuotaExceeded for what is too long.
    """
    _require_own(writing, view, AuditAction.BOOK_CHANGE)
    _require_short(name, description)
    book = view.book
    turns.take(writing.connection, turns.Turn.STRUCTURE)
    renamed = Book(book.slug, book.owner, name, description, delegate=False)
    structure.put_book(writing.connection, renamed, writing.at)
    settings.next_policy_epoch(writing.connection)
    said = f'book {label_of(book)}: name "{book.name}" -> "{name}"'
    writing.note(AuditAction.BOOK_CHANGE, book.slug, said)


def archive_book(writing: Writing, slug: str) -> None:
    """Take a book of one's own out of sight; its cards and their history are kept.

    Its name is free again. Raises AccessDenied when there is no such book of one's own.
    """
    view = writing.granted(slug, AuditAction.BOOK_ARCHIVE, "", Privilege.READ)
    _require_own(writing, view, AuditAction.BOOK_ARCHIVE)
    turns.take(writing.connection, turns.Turn.STRUCTURE)
    archived = f"{slug}{_MARK}{secrets.token_hex(4)}"
    structure.retire_book(writing.connection, view.book.id, archived, writing.at)
    settings.next_policy_epoch(writing.connection)
    writing.note(AuditAction.BOOK_ARCHIVE, slug, f"as {view.book.owner}/{archived}")


def _require_short(name: str, description: str) -> None:
    if len(name) + len(description) > _LONGEST:
        raise QuotaExceeded(f"a name and a description of {len(name) + len(description)}")


def _require_own(writing: Writing, view: VisibleBook, action: AuditAction) -> None:
    if not view.book.made_by_owner or view.book.owner != writing.principal.login:
        raise _refused(writing, action, view.book.slug, "the book belongs to the config file")
    # A client that was stopped makes no book go, either.
    decision = writing.policy.decide(
        writing.principal, Privilege.MANAGE, view.book, writing.client.address
    )
    if not decision.allowed:
        raise _refused(writing, action, view.book.slug, decision.reason)


def _refused(writing: Writing, action: AuditAction, slug: str, reason: str) -> AccessDenied:
    """Return what to raise, and let the audit trail tell of it."""
    writing.refuse(action, slug, "", reason)
    return AccessDenied(reason)
