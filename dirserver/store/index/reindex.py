"""Deriving anew what is kept beside every card, when it would be derived differently now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import Connection, func, select, update

from dirserver.store.index import beginnings
from dirserver.store.index.derived import Derived, kept, store_derived
from dirserver.store.tables import card, card_version

_BATCH = 500


def count(connection: Connection) -> int:
    """Return how many cards there are in all books."""
    return int(connection.scalar(select(func.count()).select_from(card)) or 0)


def run(
    connection: Connection,
    derive: Callable[[bytes, str], Derived],
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Derive every card anew, from its body and key, by ``derive``."""
    total = count(connection)
    # Of what was derived otherwise, these would not be found again.
    beginnings.clear(connection)
    done = last = 0
    while True:
        rows = connection.execute(
            select(card.c.addressbook_id, card.c.id, card.c.key, card_version.c.body)
            .join(card_version, card.c.version_id == card_version.c.id)
            .where(card.c.id > last)
            .order_by(card.c.id)
            .limit(_BATCH)
        ).all()
        if not rows:
            return
        derived = [(row.addressbook_id, row.id, derive(row.body, row.key)) for row in rows]
        there = kept(connection, [row.id for row in rows])
        store_derived(
            connection,
            derived,
            replaced={card_id: replace(one, beginnings=()) for card_id, one in there.items()},
        )
        for _, card_id, one in derived:
            connection.execute(
                update(card).where(card.c.id == card_id).values(sort_name=one.sort_name)
            )
        last = rows[-1].id
        done += len(rows)
        if progress is not None:
            progress(done, total)
