"""Which cards are kept from those who may only search, as they break their book's standards."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, select

from dirserver.store.tables import card, card_version, quarantine

_BATCH = 500


def held(connection: Connection, card_ids: Collection[int]) -> frozenset[int]:
    """Return which of these cards are in quarantine."""
    statement = select(quarantine.c.card_id).where(quarantine.c.card_id.in_(card_ids))
    return frozenset(connection.scalars(statement))


def keep(connection: Connection, card_ids: Sequence[int]) -> None:
    """Put cards that are not in quarantine there."""
    if card_ids:
        connection.execute(insert(quarantine), [{"card_id": one} for one in card_ids])


def release(connection: Connection, card_ids: Collection[int]) -> None:
    """Take cards out of quarantine."""
    if card_ids:
        connection.execute(delete(quarantine).where(quarantine.c.card_id.in_(card_ids)))


def judge_anew(connection: Connection, book_id: int, is_held: Callable[[bytes], bool]) -> int:
    """Put those cards of a book in quarantine of whose bytes ``is_held``; return how many."""
    last = number = 0
    while rows := connection.execute(
        select(card.c.id, card_version.c.body)
        .join(card_version, card.c.version_id == card_version.c.id)
        .where(card.c.addressbook_id == book_id, card.c.id > last)
        .order_by(card.c.id)
        .limit(_BATCH)
    ).all():
        last = rows[-1].id
        found = [row.id for row in rows if is_held(row.body)]
        release(connection, [row.id for row in rows])
        keep(connection, found)
        number += len(found)
    return number


def release_all(connection: Connection, book_id: int) -> None:
    """Take all cards of a book out of quarantine."""
    cards = select(card.c.id).where(card.c.addressbook_id == book_id)
    connection.execute(delete(quarantine).where(quarantine.c.card_id.in_(cards)))


def is_held(books: Collection[int]) -> ColumnElement[bool]:
    """Return the condition that a card is in one of ``books``, and in quarantine there."""
    kept = select(quarantine.c.card_id).where(quarantine.c.card_id == card.c.id).exists()
    return and_(card.c.addressbook_id.in_(books), kept)
