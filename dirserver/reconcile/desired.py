"""What a config file describes, in the store's terms."""

from __future__ import annotations

from dirserver.config import Config
from dirserver.config.grants import Grant as ConfiguredGrant
from dirserver.config.schema import Book as ConfiguredBook
from dirserver.model.addressbook import PERSONAL
from dirserver.model.grant import Grant, Privilege
from dirserver.model.principal import Group
from dirserver.store.structure import Book, Structure, User


def structure_of(config: Config) -> Structure:
    """Return users, groups and books with their grants, as ``config`` has them."""
    books = {book.slug: book for book in map(_book, config.books)}
    if config.organisation.personal_books:
        for user in config.users:
            said = f"Only {user.name} sees these cards"
            own = Book(PERSONAL, user.login, "Personal", said, delegate=False)
            books[own.label] = own
    return Structure(
        {
            user.login: User(user.login, user.name, user.mail, user.password_hash)
            for user in config.users
        },
        {
            group.name: Group(group.name, group.title, tuple(sorted(group.members)))
            for group in config.groups
        },
        books,
    )


def _book(book: ConfiguredBook) -> Book:
    grants = {grant.to: _grant(grant) for grant in book.grants}
    return Book(book.slug, "", book.name, book.description, grants, book.delegate)


def _grant(grant: ConfiguredGrant) -> Grant:
    access = Privilege[grant.access.name]
    return Grant(grant.to, access, frozenset(grant.hide), tuple(grant.networks))
