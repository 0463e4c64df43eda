"""Taking a book out of the store for good, with everything that belongs to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Table, delete, func, select

from dirserver.store import pruning
from dirserver.store.index import trigram
from dirserver.store.same import links
from dirserver.store.tables import addressbook, card, card_version, change, metadata


@dataclass(frozen=True, slots=True)
class Belongings:
    """How much there is of a book."""

    cards: int
    versions: int
    changes: int


def belongings(connection: Connection, book_id: int) -> Belongings:
    """Count what goes when the book goes."""

    def count(table: Table) -> int:
        statement = select(func.count()).where(table.c.addressbook_id == book_id)
        return int(connection.scalar(statement) or 0)

    return Belongings(count(card), count(card_version), count(change))


def purge(connection: Connection, book_id: int) -> None:
    """Delete the book and every row that belongs to it; the rows never come into memory."""
    for table, condition in _belonging(book_id):
        connection.execute(delete(table).where(condition))
    connection.execute(delete(addressbook).where(addressbook.c.id == book_id))
    links.tidy(connection)
    trigram.settle(connection)
    # Another book may have its number some day.
    pruning.forget(connection, book_id)


def _belonging(book_id: int) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """Yield each table with what in it is the book's, those first that refer to others."""
    cards = select(card.c.id).where(card.c.addressbook_id == book_id)
    for table in reversed(metadata.sorted_tables):
        if "addressbook_id" in table.c:
            yield table, table.c.addressbook_id == book_id
        elif "card_id" in table.c:
            yield table, table.c.card_id.in_(cards)
