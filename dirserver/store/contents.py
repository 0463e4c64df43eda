"""What is in a store: counts by which a copy can be told from one that lacks something."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, inspect, select, table, text

from dirserver.errors import StoreUnavailable
from dirserver.store.tables import addressbook, audit_event, card, metadata, principal


@dataclass(frozen=True, slots=True)
class BookContents:
    """A book, how many cards it has, and how far it has come."""

    book: str
    uuid: str
    cards: int
    revision: int
    archived: bool


@dataclass(frozen=True, slots=True)
class Contents:
    """The books, the rows of each table, and the audit trail's last event."""

    books: tuple[BookContents, ...]
    rows: Mapping[str, int]
    last_event: int
    last_digest: str


def contents(connection: Connection) -> Contents:
    """Count what is in the store."""
    last = connection.execute(
        select(audit_event.c.id, audit_event.c.digest).order_by(audit_event.c.id.desc()).limit(1)
    ).first()
    return Contents(
        books(connection),
        count_rows(connection, (one.name for one in metadata.sorted_tables)),
        0 if last is None else last.id,
        "" if last is None else last.digest,
    )


def books(connection: Connection) -> tuple[BookContents, ...]:
    """Return the books, and how many cards each has; a store without tables has none."""
    if not inspect(connection).has_table(addressbook.name):
        return ()
    cards = select(func.count()).where(card.c.addressbook_id == addressbook.c.id).scalar_subquery()
    rows = connection.execute(
        select(addressbook, cards.label("cards")).order_by(addressbook.c.owner, addressbook.c.slug)
    )
    return tuple(
        BookContents(
            f"{row.owner}/{row.slug}" if row.owner else row.slug,
            row.uuid,
            row.cards,
            row.revision,
            row.archived is not None,
        )
        for row in rows
    )


def count_rows(connection: Connection, names: Iterable[str]) -> dict[str, int]:
    """Return how many rows each of the tables has."""
    return {
        name: int(connection.scalar(select(func.count()).select_from(table(name))) or 0)
        for name in names
    }


def is_empty(connection: Connection) -> bool:
    """Whether nothing would be lost with the store: no users, no books, no trail in it.

    An SQLite file of something else is not empty; in a PostgreSQL database, that is left alone.
    """
    there = set(inspect(connection).get_table_names())
    if connection.dialect.name != "sqlite":
        there &= metadata.tables.keys()
    telling = (principal, addressbook, audit_event)
    if not there or not there.issuperset(one.name for one in telling):
        return not there
    return not any(connection.scalar(select(func.count()).select_from(one)) for one in telling)


def require_whole(connection: Connection) -> None:
    """Have the engine look through all that it keeps. Raises StoreUnavailable for what is broken.

    PostgreSQL checks what it reads while it reads it.
    """
    if connection.dialect.name != "sqlite":
        return
    said = connection.execute(text("PRAGMA integrity_check(1)")).scalar()
    if said != "ok":
        raise StoreUnavailable(f"the database is malformed: {said}")
    broken = connection.execute(text("PRAGMA foreign_key_check")).first()
    if broken is not None:
        raise StoreUnavailable(f"the database is malformed: {broken[0]} refers to what is missing")
