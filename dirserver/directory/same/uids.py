"""Whose a UID is in a book: a card's that has it, or that answers for the one which had it."""

from __future__ import annotations

from collections.abc import Iterable

from dirserver.errors import UIDConflict
from dirserver.model.policy import VisibleBook
from dirserver.store import cards
from dirserver.store.cards import StoredCard
from dirserver.store.engine import Connection
from dirserver.store.same import forwarding


def holder(connection: Connection, book_id: int, uid: str) -> StoredCard | None:
    """Return the card whose the UID is; None if it is free, as an empty one always is."""
    stored = cards.find_uid(connection, book_id, uid) if uid else None
    if stored is not None:
        return stored
    for forward in forwarding.of_uids(connection, book_id, [uid]).values():
        there = forwarding.survivor(connection, book_id, forward)
        return None if there is None else there[0]
    return None


def require_free(
    connection: Connection, uid: str, book_id: int, among: Iterable[VisibleBook]
) -> None:
    """Raise UIDConflict if a card in another of the books ``among`` than this one has the UID."""
    for other in among:
        if other.book.id != book_id:
            taken = holder(connection, other.book.id, uid)
            if taken is not None:
                raise UIDConflict(taken.card.href, other.book.id)
