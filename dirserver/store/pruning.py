"""Letting go of old versions: those that no card and no restoring needs any more."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, func, or_, select

from dirserver.store import settings
from dirserver.store.tables import card, card_version

_old = card_version.alias("old")
_later = card_version.alias("later")


def _is_old(book_id: int, before: datetime) -> ColumnElement[bool]:
    """Return the condition that a version had been replaced, or its card deleted, by then.

    What was stored long ago and replaced yesterday is what yesterday is undone with. The mark of a
    deletion is old by its own age; change rows, which clients sync from, are no versions.
    """
    replaced = (
        select(_later.c.id)
        .where(_later.c.key == _old.c.key, _later.c.id > _old.c.id, _later.c.at < before)
        .exists()
    )
    in_use = select(card.c.id).where(card.c.version_id == _old.c.id).exists()
    return and_(
        _old.c.addressbook_id == book_id,
        _old.c.at < before,
        or_(_old.c.body.is_(None), replaced),
        ~in_use,
    )


def count(connection: Connection, book_id: int, before: datetime) -> int:
    """Return how many versions of a book are older than is kept."""
    old = select(func.count()).select_from(_old).where(_is_old(book_id, before))
    return connection.scalar(old) or 0


def prune(connection: Connection, book_id: int, before: datetime, most: int) -> int:
    """Delete versions of a book that are older than is kept, ``most`` at the most; return how many.

    A card's versions go from the oldest on, so that what is left has no gap.
    """
    some = select(_old.c.id).where(_is_old(book_id, before)).order_by(_old.c.id).limit(most)
    gone = connection.execute(delete(card_version).where(card_version.c.id.in_(some))).rowcount
    known = horizon(connection, [book_id])
    if gone and (known is None or known < before):
        settings.put(connection, _name(book_id), before.isoformat())
    return gone


def horizon(connection: Connection, book_ids: Iterable[int]) -> datetime | None:
    """Return up to when versions of these books have been deleted; None if none ever was.

    A card's first version from before that may have followed on another, and of no moment before
    it is it known any more what was in the books.
    """
    found = [settings.get(connection, _name(book_id)) for book_id in book_ids]
    return max((datetime.fromisoformat(text) for text in found if text), default=None)


def forget(connection: Connection, book_id: int) -> None:
    """Forget it for a book that is no more."""
    settings.remove(connection, _name(book_id))


def _name(book_id: int) -> str:
    return f"pruned:{book_id}"
