"""Which cards of files went into a stored card that is otherwise than they are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql

from dirserver.store.tables import card, joined_card

# SQLite has taken over PostgreSQL's ON CONFLICT, and SQLAlchemy writes it for both.
_REMEMBER = postgresql.insert(joined_card).on_conflict_do_nothing()


def known(connection: Connection, book_id: int, etags: Collection[str]) -> frozenset[str]:
    """Return which of ``etags`` are of cards that went into one of the book."""
    statement = (
        select(joined_card.c.etag)
        .join(card, card.c.id == joined_card.c.card_id)
        .where(card.c.addressbook_id == book_id, joined_card.c.etag.in_(etags))
    )
    return frozenset(connection.scalars(statement))


def joined_to(connection: Connection, card_ids: Collection[int]) -> frozenset[int]:
    """Return into which of these cards others went."""
    statement = select(joined_card.c.card_id).where(joined_card.c.card_id.in_(card_ids))
    return frozenset(connection.scalars(statement.distinct()))


def remember(connection: Connection, book_id: int, went: Mapping[str, Iterable[str]]) -> None:
    """Remember the etags of those that went into the cards of the book with these keys."""
    statement = select(card.c.id, card.c.key).where(
        card.c.addressbook_id == book_id, card.c.key.in_(went)
    )
    rows = [
        {"card_id": row.id, "etag": etag}
        for row in connection.execute(statement)
        for etag in went[row.key]
    ]
    if rows:
        connection.execute(_REMEMBER, rows)


def forget(connection: Connection, card_ids: Collection[int]) -> None:
    """Forget what went into these cards: they are what they were before, or may be."""
    if card_ids:
        connection.execute(delete(joined_card).where(joined_card.c.card_id.in_(card_ids)))
