"""Users, groups, books and grants as rows: what the config file describes, as it is stored."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from dirserver.model.addressbook import AddressBook
from dirserver.model.grant import Grant
from dirserver.model.principal import Group
from dirserver.model.smart.condition import SmartQuery
from dirserver.model.standards import spelling
from dirserver.model.standards.rules import Standards
from dirserver.store import settings
from dirserver.store.policies import GROUP, USER, load_books, load_grants, load_groups
from dirserver.store.tables import addressbook, book_grant, membership, principal


@dataclass(frozen=True, slots=True)
class User:
    """A user as configured. The hash never shows in a representation."""

    login: str
    name: str
    mail: str
    password_hash: str = field(repr=False)
    merged_home: bool = False
    default_book: str = ""


@dataclass(frozen=True, slots=True)
class Book:
    """A book as configured, with its grants by grantee.

    ``delegated`` are those that managers gave, of which the config file knows nothing.
    """

    slug: str
    owner: str = ""
    name: str = ""
    description: str = ""
    grants: Mapping[str, Grant] = field(default_factory=dict)
    delegate: bool = True
    delegated: Mapping[str, Grant] = field(default_factory=dict)
    standards: Standards | None = None
    smart: SmartQuery | None = None

    @property
    def label(self) -> str:
        """The book's name among all books: private ones are told apart by their owners."""
        return f"{self.owner}/{self.slug}" if self.owner else self.slug

    @property
    def query(self) -> str:
        """The query of a smart book, as somebody wrote it; empty for any other."""
        return "" if self.smart is None else self.smart.text


@dataclass(frozen=True, slots=True)
class Structure:
    """Everything that a config file describes, by name.

    ``rules`` are what it says of how the server keeps watch, where that is not the default.
    """

    users: Mapping[str, User] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    books: Mapping[str, Book] = field(default_factory=dict)
    archived: frozenset[str] = frozenset()
    rules: Mapping[str, str] = field(default_factory=dict)


def load(connection: Connection) -> Structure:
    """Read what is stored. An archived book is among the books, too.

    Books that their owners have made are not: no config file knows of them.
    """
    users = connection.execute(
        select(principal).where(principal.c.kind == USER, principal.c.active)
    )
    grants = load_grants(connection)
    archived = load_books(connection, archived=True)
    books = [
        _book(book, grants.get(book.id, ()))
        for book in (*load_books(connection), *archived)
        if not book.made_by_owner
    ]
    return Structure(
        {
            row.name: User(
                row.name,
                row.title,
                row.mail,
                row.password_hash,
                row.merged_home,
                row.default_book,
            )
            for row in users
        },
        {group.name: group for group in load_groups(connection)},
        {book.label: book for book in books},
        frozenset(_book(book, ()).label for book in archived if not book.made_by_owner),
        settings.rules(connection),
    )


def _book(book: AddressBook, grants: tuple[Grant, ...]) -> Book:
    configured = {grant.grantee: grant for grant in grants if not grant.is_delegated}
    delegated = {grant.grantee: grant for grant in grants if grant.is_delegated}
    return Book(
        book.slug,
        book.owner,
        book.name,
        book.description,
        configured,
        book.delegate,
        delegated,
        book.standards,
        book.smart,
    )


def put_user(connection: Connection, user: User) -> None:
    """Add or change a user."""
    values: dict[str, object] = {
        "title": user.name,
        "mail": user.mail,
        "password_hash": user.password_hash,
        "merged_home": user.merged_home,
        "default_book": user.default_book,
    }
    _put_principal(connection, USER, user.login, values)


def put_group(connection: Connection, group: Group) -> None:
    """Add or change a group and its members."""
    values: dict[str, object] = {
        "title": group.title,
        "mail": "",
        "password_hash": "",
        "merged_home": False,
        "default_book": "",
    }
    group_id = _put_principal(connection, GROUP, group.name, values)
    connection.execute(delete(membership).where(membership.c.group_id == group_id))
    if group.members:
        rows = [{"group_id": group_id, "member": member} for member in group.members]
        connection.execute(insert(membership), rows)


def _put_principal(connection: Connection, kind: str, name: str, values: dict[str, object]) -> int:
    """Add or change a principal; one who was removed comes back as the same."""
    found = connection.scalar(
        select(principal.c.id).where(principal.c.kind == kind, principal.c.name == name)
    )
    if found is None:
        statement = insert(principal).values(kind=kind, name=name, active=True, **values)
        return int(connection.execute(statement.returning(principal.c.id)).scalar_one())
    connection.execute(
        update(principal).where(principal.c.id == found).values(active=True, **values)
    )
    return int(found)


def remove_user(connection: Connection, login: str) -> None:
    """Take a user out of use, and the password with it."""
    _deactivate(connection, USER, login)


def remove_group(connection: Connection, name: str) -> None:
    """Take a group out of use."""
    _deactivate(connection, GROUP, name)


def _deactivate(connection: Connection, kind: str, name: str) -> None:
    connection.execute(
        update(principal)
        .where(principal.c.kind == kind, principal.c.name == name)
        .values(active=False, password_hash="")
    )


def put_book(connection: Connection, book: Book, at: datetime) -> int:
    """Add a book, change what is said of it, or take it back from the archive.

    Returns its id.
    """
    found = connection.scalar(select(addressbook.c.id).where(*_named(book)))
    if found is None:
        statement = (
            insert(addressbook)
            .values(
                uuid=str(uuid.uuid4()),
                owner=book.owner,
                slug=book.slug,
                name=book.name,
                description=book.description,
                revision=0,
                modified=at,
                delegate=book.delegate,
                standards=spelling.spelled(book.standards),
                query=book.query,
            )
            .returning(addressbook.c.id)
        )
        return int(connection.execute(statement).scalar_one())
    connection.execute(
        update(addressbook)
        .where(addressbook.c.id == found)
        .values(
            name=book.name,
            description=book.description,
            delegate=book.delegate,
            standards=spelling.spelled(book.standards),
            query=book.query,
            archived=None,
        )
    )
    return int(found)


def archive_book(connection: Connection, book: Book, at: datetime) -> None:
    """Take a book out of sight; its cards and their history stay."""
    connection.execute(update(addressbook).where(*_named(book)).values(archived=at))


def slugs_of(connection: Connection, owner: str) -> set[str]:
    """Return what the books of ``owner`` are called that are in use, as of now."""
    found = select(addressbook.c.slug).where(
        addressbook.c.owner == owner, addressbook.c.archived.is_(None)
    )
    return set(connection.scalars(found))


def retire_book(connection: Connection, book_id: int, slug: str, at: datetime) -> None:
    """Archive a book under another name, so that its own is free again."""
    connection.execute(
        update(addressbook).where(addressbook.c.id == book_id).values(slug=slug, archived=at)
    )


def touch_book(connection: Connection, book: Book | AddressBook, at: datetime) -> None:
    """Count the book's revision on, so that every client looks at it again."""
    connection.execute(
        update(addressbook)
        .where(*_named(book))
        .values(revision=addressbook.c.revision + 1, modified=at)
    )


def put_grant(connection: Connection, book: Book | AddressBook, grant: Grant) -> None:
    """Add or change a grant on a book. One that was delegated stands beside that of the file."""
    remove_grant(connection, book, grant)
    connection.execute(
        insert(book_grant).values(
            addressbook_id=select(addressbook.c.id).where(*_named(book)).scalar_subquery(),
            grantee=grant.grantee,
            access=int(grant.access),
            hide=",".join(sorted(grant.hide)),
            networks=",".join(str(network) for network in grant.networks),
            given_by=grant.given_by,
            delegated=grant.is_delegated,
        )
    )


def remove_grant(connection: Connection, book: Book | AddressBook, grant: Grant) -> None:
    """Take a grant on a book back, whatever it gives by now."""
    books = select(addressbook.c.id).where(*_named(book)).scalar_subquery()
    connection.execute(
        delete(book_grant).where(
            book_grant.c.addressbook_id == books,
            book_grant.c.grantee == grant.grantee,
            book_grant.c.delegated == grant.is_delegated,
        )
    )


def _named(book: Book | AddressBook) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return addressbook.c.owner == book.owner, addressbook.c.slug == book.slug
