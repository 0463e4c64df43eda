"""Which cards come of a source, and what it said of them last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from dirserver.store.tables import card, source_card

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Said:
    """The card that a source had of somebody, and the etag of what that became here."""

    body: bytes
    etag: str


def uids(connection: Connection, book_id: int, source: str) -> frozenset[str]:
    """Return the UIDs of the cards in a book that come of ``source``."""
    statement = (
        select(card.c.uid)
        .join(source_card, source_card.c.card_id == card.c.id)
        .where(card.c.addressbook_id == book_id, source_card.c.source == source)
    )
    return frozenset(connection.scalars(statement))


def said(connection: Connection, source: str, card_ids: Sequence[int]) -> dict[int, Said]:
    """Return what ``source`` said last of those of these cards that come of it, by their ids."""
    found: dict[int, Said] = {}
    for at in range(0, len(card_ids), _BATCH):
        statement = select(source_card).where(
            source_card.c.source == source, source_card.c.card_id.in_(card_ids[at : at + _BATCH])
        )
        rows = connection.execute(statement)
        found.update((row.card_id, Said(row.said, row.etag)) for row in rows)
    return found


def said_of(connection: Connection, card_ids: Sequence[int]) -> dict[int, tuple[str, bytes]]:
    """Return what any source said last of those of these cards that come of one, and which."""
    found: dict[int, tuple[str, bytes]] = {}
    for at in range(0, len(card_ids), _BATCH):
        some = source_card.c.card_id.in_(card_ids[at : at + _BATCH])
        rows = connection.execute(select(source_card).where(some))
        found.update((row.card_id, (row.source, row.said)) for row in rows)
    return found


def remember(connection: Connection, source: str, cards: Mapping[int, Said]) -> None:
    """Keep what ``source`` says of cards, by their ids, in the place of what was said before."""
    ids = list(cards)
    for at in range(0, len(ids), _BATCH):
        some = ids[at : at + _BATCH]
        connection.execute(delete(source_card).where(source_card.c.card_id.in_(some)))
        rows = [
            {"card_id": one, "source": source, "said": cards[one].body, "etag": cards[one].etag}
            for one in some
        ]
        connection.execute(insert(source_card), rows)
