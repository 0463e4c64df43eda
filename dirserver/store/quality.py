"""How many cards of a book broke which rule, day by day; and when people last changed cards."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, and_, delete, func, insert, select

from dirserver.model.standards.rules import REPAIR
from dirserver.store.tables import card, card_version, quality


def note(connection: Connection, book_id: int, day: str, counts: Mapping[str, int]) -> None:
    """Remember for the day (as 2026-11-26) how many cards break each rule."""
    of_day = and_(quality.c.addressbook_id == book_id, quality.c.day == day)
    connection.execute(delete(quality).where(of_day))
    if counts:
        rows = [
            {"addressbook_id": book_id, "day": day, "rule": rule, "cards": cards}
            for rule, cards in counts.items()
        ]
        connection.execute(insert(quality), rows)


def noted(connection: Connection, book_id: int) -> list[tuple[str, str, int]]:
    """Return what was remembered, as day, rule and number of cards, the oldest first."""
    statement = (
        select(quality.c.day, quality.c.rule, quality.c.cards)
        .where(quality.c.addressbook_id == book_id)
        .order_by(quality.c.day, quality.c.rule)
    )
    return [(row.day, row.rule, row.cards) for row in connection.execute(statement)]


def touched(connection: Connection, book_id: int) -> dict[str, datetime]:
    """Return by their names when somebody last changed the cards of a book.

    A repair is nobody's change. Of cards whose versions were pruned but for that, there is none.
    """
    statement = (
        select(card.c.href, func.max(card_version.c.at))
        .join(
            card_version,
            and_(card_version.c.key == card.c.key, card_version.c.operation != REPAIR),
        )
        .where(card.c.addressbook_id == book_id)
        .group_by(card.c.href)
    )
    return {href: at for href, at in connection.execute(statement)}  # noqa: C416 - rows are no pairs
