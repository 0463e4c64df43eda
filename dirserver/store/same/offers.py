"""What the edits of linked cards offer to other cards, until somebody takes it or does not."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from dirserver.store.tables import card, link_offer


@dataclass(frozen=True, slots=True)
class Offer:
    """What became of the card ``source``, for ``target``: from a version to another.

    Of several edits it is the first version and the last.
    """

    target: str
    source: str
    before_id: int
    after_id: int
    at: datetime


_COLUMNS = (
    *(link_offer.c.target, link_offer.c.source, link_offer.c.before_id, link_offer.c.after_id),
    link_offer.c.at,
)


def find(connection: Connection, target: str, source: str) -> Offer | None:
    """Return what is offered to one card by another."""
    row = connection.execute(
        select(*_COLUMNS).where(link_offer.c.target == target, link_offer.c.source == source)
    ).one_or_none()
    return None if row is None else Offer(*row)


def for_books(connection: Connection, book_ids: Collection[int]) -> list[Offer]:
    """Return what is offered to the cards of some books, the oldest first."""
    rows = connection.execute(
        select(*_COLUMNS)
        .join(card, card.c.key == link_offer.c.target)
        .where(card.c.addressbook_id.in_(book_ids))
        .order_by(link_offer.c.at, link_offer.c.target, link_offer.c.source)
    )
    return [Offer(*row) for row in rows]


def for_card(connection: Connection, target: str) -> list[Offer]:
    """Return what is offered to one card, the oldest first."""
    rows = connection.execute(
        select(*_COLUMNS)
        .where(link_offer.c.target == target)
        .order_by(link_offer.c.at, link_offer.c.source)
    )
    return [Offer(*row) for row in rows]


def put(connection: Connection, offer: Offer) -> None:
    """Offer something, in the place of what the one card offered the other before."""
    row = {"before_id": offer.before_id, "after_id": offer.after_id, "at": offer.at}
    of_both = (link_offer.c.target == offer.target, link_offer.c.source == offer.source)
    if not connection.execute(update(link_offer).where(*of_both).values(row)).rowcount:
        both = {"target": offer.target, "source": offer.source}
        connection.execute(insert(link_offer), {**both, **row})


def drop(connection: Connection, target: str, source: str) -> None:
    """Offer it no longer."""
    connection.execute(
        delete(link_offer).where(link_offer.c.target == target, link_offer.c.source == source)
    )
