"""What a config file describes, in the store's terms."""

from __future__ import annotations

from dataclasses import asdict
from datetime import time, timedelta

from dirserver.config import Config
from dirserver.config.grants import Grant as ConfiguredGrant
from dirserver.config.schema import Book as ConfiguredBook
from dirserver.config.standards import Standards as ConfiguredStandards
from dirserver.model.addressbook import PERSONAL
from dirserver.model.counting import counted
from dirserver.model.grant import Grant, Privilege
from dirserver.model.principal import Group
from dirserver.model.smart.parsing import parse
from dirserver.model.standards.rules import Handling, NameForm, PhoneForm, Rule, Standards
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
            user.login: User(
                user.login,
                user.name,
                user.mail,
                user.password_hash,
                user.merged_home,
                user.default_book,
            )
            for user in config.users
        },
        {
            group.name: Group(group.name, group.title, tuple(sorted(group.members)))
            for group in config.groups
        },
        books,
        rules=rules_of(config),
    )


def rules_of(config: Config) -> dict[str, str]:
    """Return how ``config`` wants the server to keep watch, as far as that is not the default.

    Whoever changes that is to be seen in the plan and in the audit trail, as with a grant.
    """
    own, usual = _watching(config), _watching(Config(config.path, config.organisation))
    return {name: value for name, value in own.items() if value != usual.get(name)}


def _watching(config: Config) -> dict[str, str]:
    tables = {
        "shield": asdict(config.shield),
        "audit": asdict(config.audit),
        "history": asdict(config.history),
        "backup": asdict(config.backup),
    }
    rules = {
        f"[{table}] {key}": _said(value)
        for table, section in tables.items()
        for key, value in section.items()
    }
    for face, is_required in (
        ("carddav", config.carddav.require_device_passwords),
        ("ldap", config.ldap.require_device_passwords),
    ):
        rules[f"[{face}] require_device_passwords"] = _said(is_required)
    for source in config.sources:
        where = source.file if source.url is None else source.url
        said = f"{source.type} {where} for {source.book}, {source.schedule}"
        writable = ", writable" if source.writable else ""
        rules[f"[sources.{source.name}]"] = said + writable
    return rules


def _said(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case timedelta():
            return counted(value.days, "day")
        case time():
            return f"{value:%H:%M}"
        case _:
            return str(value)


def _book(book: ConfiguredBook) -> Book:
    grants = {grant.to: _grant(grant) for grant in book.grants}
    standards = None if book.standards is None else _standards(book.standards)
    return Book(
        book.slug,
        "",
        book.name,
        book.description,
        grants,
        book.delegate,
        standards=standards,
        smart=parse(book.query) if book.query else None,
    )


def _standards(said: ConfiguredStandards) -> Standards | None:
    """Return the standards; without a rule there are none."""
    standards = Standards(
        said.required,
        None if said.phones is None else PhoneForm(said.phones.value),
        said.emails,
        said.categories,
        None if said.names is None else NameForm(said.names.value),
        said.countries,
        said.photo_kb,
        tuple((Rule(rule), Handling(how.value)) for rule, how in said.handlings),
    )
    return standards if standards.rules else None


def _grant(grant: ConfiguredGrant) -> Grant:
    access = Privilege[grant.access.name]
    return Grant(grant.to, access, frozenset(grant.hide), tuple(grant.networks))
