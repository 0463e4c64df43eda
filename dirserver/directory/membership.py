"""Groups and their members, as far as somebody sees both.

A group's card names members by their UIDs (RFC 6350 section 6.6.5). Meant is the card of the
group's own book; where there is none, that of the book in which the person is shown otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from dirserver.model.fields import Field
from dirserver.model.query import NOTHING, And, BookIs, Equals, Or, Query
from dirserver.store.engine import Connection
from dirserver.store.search import members as store
from dirserver.store.search.members import Named


def members(
    connection: Connection, book_id: int, key: str, ranks: Mapping[int, int]
) -> list[tuple[int, str]]:
    """Return the members of a group by book and key.

    ``ranks`` are of the books that are seen, the preferred one first.
    """
    by_uid = _by_uid(store.members(connection, book_id, key, list(ranks)))
    chosen = (_meant(cards, book_id, ranks) for cards in by_uid.values())
    return list(dict.fromkeys(chosen))


def groups_of(connection: Connection, book_id: int, key: str, ranks: Mapping[int, int]) -> Query:
    """Return the query that finds the groups of which a card is a member."""
    by_uid = _by_uid(store.namesakes(connection, book_id, key, list(ranks)))
    tests = [
        And((Equals(Field.MEMBER, uid), Or(tuple(map(BookIs, books)))))
        for uid, cards in by_uid.items()
        if (books := [one for one in ranks if _meant(cards, one, ranks) == (book_id, key)])
    ]
    return Or(tuple(tests)) if tests else NOTHING


def _by_uid(found: Iterable[Named]) -> dict[str, list[tuple[int, str]]]:
    by_uid: dict[str, list[tuple[int, str]]] = {}
    for uid, book, key in found:
        by_uid.setdefault(uid, []).append((book, key))
    return by_uid


def _meant(
    cards: Sequence[tuple[int, str]], group_book: int, ranks: Mapping[int, int]
) -> tuple[int, str]:
    """Return the card that a group of this book means, of those with the UID it names."""
    return min(cards, key=lambda one: (one[0] != group_book, ranks[one[0]], one[1]))
