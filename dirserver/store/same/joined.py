"""Which cards of files went into a stored card, or were left out for it.

They are known by their etags: the very same bytes again change nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import Connection, delete, or_, select

from dirserver.store.prepared import Prepared
from dirserver.store.rows import insert_or_update
from dirserver.store.tables import card, joined_card

_REMEMBER = Prepared(insert_or_update(joined_card))


def known(
    connection: Connection, book_id: int, etags: Collection[str], *, skips: bool
) -> frozenset[str]:
    """Return which of ``etags`` went into a card of the book.

    With ``skips``, also which were left out for one.
    """
    statement = (
        select(joined_card.c.etag)
        .join(card, card.c.id == joined_card.c.card_id)
        .where(card.c.addressbook_id == book_id, joined_card.c.etag.in_(etags))
        .where(or_(joined_card.c.skipped.is_(False), joined_card.c.skipped.is_(skips)))
    )
    return frozenset(connection.scalars(statement))


def grown(connection: Connection, card_ids: Collection[int]) -> frozenset[int]:
    """Return into which of these cards others went."""
    statement = select(joined_card.c.card_id).where(
        joined_card.c.card_id.in_(card_ids), joined_card.c.skipped.is_(False)
    )
    return frozenset(connection.scalars(statement.distinct()))


def remember(
    connection: Connection, book_id: int, went: Mapping[str, Iterable[str]], *, skipped: bool
) -> None:
    """Remember the etags of what went into cards of the book, or was ``skipped``, by their keys."""
    statement = select(card.c.id, card.c.key).where(
        card.c.addressbook_id == book_id, card.c.key.in_(went)
    )
    rows = [
        {"card_id": row.id, "etag": etag, "skipped": skipped}
        for row in connection.execute(statement)
        for etag in went[row.key]
    ]
    _REMEMBER.each(connection, rows)


def forget(connection: Connection, card_ids: Collection[int]) -> None:
    """Forget what went into these cards: they are what they were before, or may be."""
    if card_ids:
        connection.execute(delete(joined_card).where(joined_card.c.card_id.in_(card_ids)))
