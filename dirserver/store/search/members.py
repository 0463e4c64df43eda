"""Who the members of groups are: cards that have the UIDs which the cards of groups name."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Select, select, true

from dirserver.model.fields import Field
from dirserver.store.tables import card, card_value

# A card by its UID as the search index has it, its book and its key.
Named = tuple[str, int, str]


def members(connection: Connection, book_id: int, key: str, books: Sequence[int]) -> list[Named]:
    """Return the cards in ``books`` that the group ``key`` of the book ``book_id`` names."""
    return _same(connection, Field.MEMBER, book_id, key, books)


def namesakes(connection: Connection, book_id: int, key: str, books: Sequence[int]) -> list[Named]:
    """Return the cards in ``books`` that have the UID of the card ``key``, and that card itself."""
    return _same(connection, Field.UID, book_id, key, books)


def _same(
    connection: Connection, field: Field, book_id: int, key: str, books: Sequence[int]
) -> list[Named]:
    statement = _statement(field, book_id, key).where(_other.c.addressbook_id.in_(books))
    return [(row.value, row.addressbook_id, row.key) for row in connection.execute(statement)]


_other = card.alias("other")
_uid = card_value.alias("uid")


def _statement(field: Field, book_id: int, key: str) -> Select[tuple[str, int, str]]:
    return (
        select(card_value.c.value, _other.c.addressbook_id, _other.c.key)
        .select_from(card)
        .join(card_value, card_value.c.card_id == card.c.id)
        .join(_uid, _uid.c.value == card_value.c.value)
        .join(_other, _other.c.id == _uid.c.card_id)
        .where(
            card.c.addressbook_id == book_id,
            card.c.key == key,
            card_value.c.field == str(field),
            _uid.c.field == str(Field.UID),
            _uid.c.ordered == true(),
        )
        .order_by(card_value.c.value, _other.c.id)
    )
