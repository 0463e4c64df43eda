"""What is kept of people in all books and in the history: read, and taken away for good."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, delete, func, select, text, update

from dirserver.model.dossier import Version
from dirserver.model.fields import PHONES, Field
from dirserver.store import writing
from dirserver.store.index import derived
from dirserver.store.same import forwarding, links, linksteps
from dirserver.store.search.probes import IS_ORDERED
from dirserver.store.tables import (
    addressbook,
    audit_event,
    card,
    card_value,
    card_version,
    change,
)
from dirserver.store.trail.chain import ERASABLE

_Value = TypeVar("_Value")

_ROWS = 500


@dataclass(frozen=True, slots=True)
class Shelf:
    """A book, whether or not it is in use."""

    id: int
    slug: str
    label: str
    archived: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """A card that is in a book: its row, and what tells who it is of."""

    id: int
    book_id: int
    href: str
    key: str
    uid: str
    values: tuple[tuple[Field, str], ...]


def shelves(connection: Connection) -> dict[int, Shelf]:
    """Return all books by their ids, also those that are archived."""
    return {
        row.id: Shelf(
            row.id,
            row.slug,
            f"{row.owner}/{row.slug}" if row.owner else row.slug,
            row.archived is not None,
        )
        for row in connection.execute(select(addressbook).order_by(addressbook.c.id))
    }


def last_version(connection: Connection) -> int:
    """Return the number of the newest version; 0 when there is none."""
    return connection.scalar(select(func.max(card_version.c.id))) or 0


def bodies_after(connection: Connection, after: int) -> Iterator[tuple[int, str, bytes]]:
    """Yield the versions from after this number on, as number, the card's key and the body."""
    statement = (
        select(card_version.c.id, card_version.c.key, card_version.c.body)
        .where(card_version.c.id > after, card_version.c.body.is_not(None))
        .order_by(card_version.c.id)
        .execution_options(yield_per=_ROWS)
    )
    with connection.execute(statement) as rows:
        for row in rows:
            yield row.id, row.key, row.body


def versions_of(
    connection: Connection, keys: Iterable[str], books: dict[int, Shelf]
) -> dict[str, list[Version]]:
    """Return all versions of the cards with these keys, oldest first."""
    found: dict[str, list[Version]] = {}
    for part in _parts(sorted(keys)):
        rows = connection.execute(
            select(card_version).where(card_version.c.key.in_(part)).order_by(card_version.c.id)
        )
        for row in rows:
            found.setdefault(row.key, []).append(_version(row, books))
    return found


def _version(row: Row[*tuple[Any, ...]], books: dict[int, Shelf]) -> Version:
    return Version(
        books[row.addressbook_id].label,
        row.href,
        row.revision,
        row.operation,
        row.at,
        row.actor,
        row.protocol,
        row.agent,
        row.device,
        row.body,
    )


def standing(connection: Connection, keys: Iterable[str]) -> list[Standing]:
    """Return those of the cards with these keys that are in a book."""
    return [
        one for part in _parts(sorted(keys)) for one in _standing(connection, card.c.key.in_(part))
    ]


def sharing(
    connection: Connection, uids: Iterable[str], mails: Iterable[str], numbers: Iterable[str]
) -> list[Standing]:
    """Return the cards in any book that have one of these UIDs, addresses or numbers."""
    wanted = [(card_value.c.field == str(Field.MAIL), part) for part in _parts(sorted(mails))]
    phones = [str(field) for field in PHONES]
    wanted += [(card_value.c.field.in_(phones), part) for part in _parts(sorted(numbers))]
    ids = {
        found
        for fields, part in wanted
        for found in connection.scalars(
            select(card_value.c.card_id).where(fields, card_value.c.value.in_(part), IS_ORDERED)
        )
    }
    for part in _parts(sorted(uids)):
        ids.update(connection.scalars(select(card.c.id).where(card.c.uid.in_(part))))
    return [
        one for some in _parts(sorted(ids)) for one in _standing(connection, card.c.id.in_(some))
    ]


def _standing(connection: Connection, condition: ColumnElement[bool]) -> list[Standing]:
    rows = connection.execute(select(card).where(condition).order_by(card.c.id)).all()
    values: dict[int, list[tuple[Field, str]]] = {}
    for row in connection.execute(
        select(card_value).where(card_value.c.card_id.in_([row.id for row in rows]))
    ):
        values.setdefault(row.card_id, []).append((Field(row.field), row.value))
    return [
        Standing(
            row.id, row.addressbook_id, row.href, row.key, row.uid, tuple(values.get(row.id, ()))
        )
        for row in rows
    ]


def lock_all(connection: Connection, books: Iterable[int]) -> None:
    """Keep everybody else from writing to any of ``books``."""
    for book_id in sorted(books):
        writing.lock(connection, book_id)


def forget(connection: Connection, keys: Sequence[str], at: datetime) -> tuple[int, int]:
    """Take cards out of their books and out of the history; return how many of each went.

    Their change rows stay, and say that they went: clients sync to that.
    """
    if connection.dialect.name == "sqlite":
        # What is deleted is overwritten.
        connection.execute(text("PRAGMA secure_delete = ON"))
    linked = set(links.of_keys(connection, keys).values())
    gone = standing(connection, keys)
    forwarding.forget(connection, keys)
    for one in gone:
        revision = writing.next_revisions(connection, one.book_id, 1, at)
        derived.delete_cards(connection, one.book_id, [one.id])
        writing.note_changes(connection, one.book_id, [(one.href, revision)], vanished=True)
    versions = sum(
        connection.execute(delete(card_version).where(card_version.c.key.in_(part))).rowcount
        for part in _parts(keys)
    )
    links.leave(connection, keys)
    linksteps.forget(connection, keys)
    links.touch(connection, linked, at)
    return len(gone), versions


def vanished_at(connection: Connection, book_id: int, href: str) -> int | None:
    """Return the revision at which a card went; None when it is there."""
    return connection.scalar(
        select(change.c.revision).where(
            change.c.addressbook_id == book_id, change.c.href == href, change.c.vanished
        )
    )


def erase_events(connection: Connection, numbers: Sequence[int]) -> int:
    """Take away what events of the audit trail say; that they were stays. Return how many."""
    nothing = dict.fromkeys((*ERASABLE, "salt"), "")
    return sum(
        connection.execute(
            update(audit_event)
            .where(audit_event.c.id.in_(part), audit_event.c.erased.is_(False))
            .values(erased=True, **nothing)
        ).rowcount
        for part in _parts(numbers)
    )


def _parts(values: Sequence[_Value]) -> Iterator[Sequence[_Value]]:
    for start in range(0, len(values), _ROWS):
        yield values[start : start + _ROWS]
